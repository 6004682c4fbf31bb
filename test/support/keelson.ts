import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { type NativeConnection, Worker } from '@temporalio/worker';
import type { FastifyInstance } from 'fastify';
import { type Logger, pino } from 'pino';
import { Registry } from 'prom-client';
import * as status from '../../src/activities/control/status.ts';
import { activity } from '../../src/activities/control/activity-context.ts';
import { tokenFile } from '../../src/api/auth.ts';
import { createApi } from '../../src/api/server.ts';
import { type ControllerMetrics, controllerMetrics } from '../../src/controller/metrics.ts';
import { whileLeading } from '../../src/controller/leadership.ts';
import { runController } from '../../src/controller/controller.ts';
import { LEASE } from '../../src/controller/intervals.ts';
import type { Kube } from '../../src/kube/client.ts';
import { HeldLease } from '../../src/kube/lease.ts';
import { SYSTEMS } from '../../src/systems/registry.ts';
import { type ApiServer, makeNamespace, startApiServer } from './api-server.ts';
import { controlWorkers } from './control-workers.ts';
import { INSTALLATION, nodeQueue, probeQueue } from './curve-ids.ts';
import { startTemporal } from './temporal.ts';
import { World } from './world.ts';

export const TEST_TOKEN = 'a-token-for-tests';

/** Keelson with a Kubernetes API and a Temporal of its own, on a world in memory. */
export interface TestKeelson {
  /** Has the namespace `curve`. */
  readonly server: ApiServer;
  readonly temporal: TestWorkflowEnvironment;
  readonly world: World;
  readonly api: TestApi;
  readonly end: () => Promise<void>;
}

/** @param nodes of the world, each with its workers */
export async function startKeelson(nodes: readonly string[]): Promise<TestKeelson> {
  // One after the other: both look for free ports, and take them later.
  const server = await startApiServer();
  const temporal = await startTemporal();
  await makeNamespace(server, 'curve');
  const api = await startApi(server.kube, temporal.client);
  const world = new World(nodes);
  const workers = await startWorkers(temporal, world, nodes, server.kube);
  const running = Promise.all(workers.map((w) => w.run()));
  return {
    server,
    temporal,
    world,
    api,
    end: async () => {
      await api.end();
      await endWorkers(workers, running);
      await temporal.teardown();
      await server.end();
    },
  };
}

/** The API on loopback, as src/workers/api.ts wires it. */
export interface TestApi {
  readonly app: FastifyInstance;
  readonly url: string;
  readonly tokenPath: string;
  /** fetch with the token. */
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>;
  readonly end: () => Promise<void>;
}

export const quiet: Logger = pino({ level: process.env['KEELSON_TEST_LOG'] ?? 'silent' });

export async function startApi(
  kube: Kube,
  client: TestWorkflowEnvironment['client'],
  systems = SYSTEMS,
): Promise<TestApi> {
  const folder = await mkdtemp(`${tmpdir()}/keelson-api-`);
  const tokenPath = `${folder}/token`;
  await writeFile(tokenPath, `${TEST_TOKEN}\n`);
  const app = await createApi({
    kube,
    temporal: { client, installation: INSTALLATION },
    systems,
    token: tokenFile(tokenPath),
    temporalUi: 'http://temporal.test/namespaces/default',
    registry: new Registry(),
    logger: quiet,
    version: '0.0.0-test',
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    app,
    url,
    tokenPath,
    ask: (path, init = {}) => {
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${TEST_TOKEN}`);
      return fetch(url + path, { ...init, headers });
    },
    end: async () => {
      await app.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface TestController {
  readonly metrics: ControllerMetrics;
  /** As a pod that is shut down: gives the lease back. */
  readonly end: () => Promise<void>;
}

/** The controller, as src/workers/api.ts runs it. */
export function startController(
  kube: Kube,
  client: TestWorkflowEnvironment['client'],
  namespace: string,
  identity: string,
  systems = SYSTEMS,
): TestController {
  const stop = new AbortController();
  const temporal = { client, installation: INSTALLATION };
  const metrics = controllerMetrics(new Registry());
  const lease = new HeldLease(kube, { namespace, name: 'keelson-controller', identity, ...LEASE });
  const running = whileLeading(
    lease,
    (signal) => runController({ kube, temporal, systems, log: quiet, metrics, identity }, signal),
    {
      ...LEASE,
      onChange: (leads) => metrics.leading.set(leads ? 1 : 0),
      onTrouble: (err) => quiet.warn({ err }, 'controller'),
    },
    stop.signal,
  );
  return {
    metrics,
    end: async () => {
      stop.abort();
      await running;
    },
  };
}

/** Workers for the real workflows on a world in memory, but with the real writing of status and Events. */
export async function startWorkers(
  temporal: TestWorkflowEnvironment,
  world: World,
  nodes: readonly string[],
  kube: Kube,
): Promise<readonly Worker[]> {
  const ask = async () => ({ answered: false, why: 'a test' }) as const;
  const deps = { kube, ask, systems: SYSTEMS, identity: 'test' };
  const written = {
    writePhases: activity(deps, status.writePhases),
    writeTerminated: activity(deps, status.writeTerminated),
    recordEvent: activity(deps, status.recordEvent),
    readResource: activity(deps, status.readResource),
  };
  const { nativeConnection: connection } = temporal;
  world.written = activity(deps, status.writeHealth);
  const { calls, waits } = world.control();
  const control = await controlWorkers({
    connection,
    activities: { calls: { ...calls, ...written }, waits },
  });
  return [...control, ...(await nodeWorkers(connection, world, nodes))];
}

/** A worker for each queue of these nodes of a world in memory. */
export function nodeWorkers(
  connection: NativeConnection,
  world: World,
  nodes: readonly string[],
): Promise<readonly Worker[]> {
  const queues = nodes.flatMap((node) =>
    [nodeQueue(node), probeQueue(node)].map((taskQueue) => ({ node, taskQueue })),
  );
  return Promise.all(
    queues.map(({ node, taskQueue }) =>
      Worker.create({
        connection,
        taskQueue,
        activities: world.node(node),
        maxHeartbeatThrottleInterval: '1s',
      }),
    ),
  );
}

/** Ends workers, also those that have ended by themselves. */
export async function endWorkers(workers: readonly Worker[], running: Promise<unknown>): Promise<void> {
  for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  await running;
}
