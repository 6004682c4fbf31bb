import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Gauge } from 'prom-client';
import { z } from 'zod';
import { follow } from '../events.ts';
import { Problem } from '../../requests/problems.ts';
import type { RouteParts } from '../parts.ts';
import { clusterDetail } from '../../requests/view/cluster.ts';
import { clusterParams, clusterRef, problems, security, viewOf } from './schemas.ts';

/** A client whose connection was cut comes back after this, not after the browser's three seconds. */
const COME_BACK_MS = 1_000;

/** Following a cluster by server-sent events. */
export function eventRoutes(app: FastifyInstance, parts: RouteParts, open: Gauge): void {
  const { clusters } = parts;
  const closing = new AbortController();
  // Streams would keep a closing server for as long as somebody follows; their clients come back to another replica.
  app.addHook('preClose', async () => closing.abort());

  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v1/clusters/:system/:namespace/:name/events',
    // We refuse by ourselves: the plugin's refusal is no problem document.
    sse: 'manual',
    schema: {
      tags: ['clusters'],
      summary: 'Follow one cluster',
      description:
        'Server-sent events. `transition` (id `<operation>/<sequence>`): a phase changed; what has been is sent first, ' +
        'or what came after Last-Event-ID. `cluster`: the whole view whenever it changed. `problem`: it cannot be seen ' +
        'now. `gone`: the resource was deleted; the stream ends.',
      security,
      params: clusterParams,
      produces: ['text/event-stream'],
      response: {
        200: {
          description: 'Events until one side leaves',
          content: { 'text/event-stream': { schema: z.string() } },
        },
        ...problems,
      },
    },
    handler: async (request, reply) => {
      refuseOthers(request);
      // Before the stream begins, so that an unknown cluster is a plain 404.
      const ref = clusterRef(parts.systems, request.params);
      await clusters.shared(ref);
      const left = new AbortController();
      reply.sse.onClose(() => left.abort());
      const events = follow({
        read: () => clusters.shared(ref),
        view: (state) => clusterDetail({ ...state, ...viewOf(parts) }),
        lastEventId: reply.sse.lastEventId ?? undefined,
        signal: AbortSignal.any([left.signal, closing.signal]),
      });
      open.inc();
      try {
        let first = true;
        for await (const event of events) {
          if (!reply.sse.isConnected) break;
          await reply.sse.send(first ? { ...event, retry: COME_BACK_MS } : event);
          first = false;
        }
      } finally {
        open.dec();
      }
    },
  });
}

/** Refuses a client that says that it cannot read a stream. */
function refuseOthers({ method, url, headers }: FastifyRequest): void {
  const { accept } = headers;
  if (accept === undefined || /text\/event-stream|text\/\*|\*\/\*/.test(accept)) return;
  throw new Problem('NotAcceptable', {
    subject: `${method} ${url.split('?')[0]}`,
    detail: `only text/event-stream is served here, and the request accepts ${accept}`,
    next: 'leave the Accept header out, or send "Accept: text/event-stream"; without /events the answer is JSON',
  });
}
