import { fastifySSE } from '@fastify/sse';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { requireToken } from './auth.ts';
import { answerErrors } from './error-handler.ts';
import { describeApi } from './openapi.ts';
import { measureRequests, openStreams } from './metrics.ts';
import { Observer } from '../requests/observe.ts';
import { readBodies } from './body.ts';
import { applyRoutes } from './routes/apply.ts';
import { clusterRoutes } from './routes/clusters.ts';
import { eventRoutes } from './routes/events.ts';
import { nodeRoutes } from './routes/nodes.ts';
import { publicRoutes } from './routes/public.ts';
import { ClusterStates } from './cluster-state.ts';
import type { ApiParts, RouteParts } from './parts.ts';

/**
 * A thousand nodes with ten disks each are 2 MB as people write them, and twice that in UTF-16. What Kubernetes can store of
 * one resource is less (1.5 MiB of JSON), and it says so itself.
 */
const LARGEST_BODY_BYTES = 8 * 1_048_576;

/** A client that sends its request slower than this is let go. */
const REQUEST_TIMEOUT_MS = 30_000;

/** Comments on quiet event streams keep proxies from closing them; most do so after 60 s. */
const STREAM_HEARTBEAT_MS = 15_000;

/** The HTTP API, ready to listen. */
export async function createApi(parts: ApiParts): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    loggerInstance: parts.logger,
    // Metrics count requests; the log is for what went wrong and what was changed.
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: REQUEST_TIMEOUT_MS,
    bodyLimit: LARGEST_BODY_BYTES,
    // Names of Kubernetes objects hold no slashes; anything longer than this is no name.
    routerOptions: { maxParamLength: 300 },
    forceCloseConnections: 'idle',
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerErrors(app);
  measureRequests(app, parts.registry);
  readBodies(app);
  await app.register(fastifySSE, { heartbeatInterval: STREAM_HEARTBEAT_MS });
  await describeApi(app, parts.version);
  publicRoutes(app, parts);

  const observer = new Observer(parts.temporal, parts.systems);
  const clusters = new ClusterStates(parts.kube, parts.systems, observer);
  const routes: RouteParts = { ...parts, clusters };
  const streams = openStreams(parts.registry);
  await app.register(async (guarded) => {
    guarded.addHook('onRequest', requireToken(parts.token));
    applyRoutes(guarded, routes);
    clusterRoutes(guarded, routes);
    eventRoutes(guarded, routes, streams);
    nodeRoutes(guarded, routes);
  });
  await app.ready();
  return app;
}
