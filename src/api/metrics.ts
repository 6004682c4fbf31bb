import type { FastifyInstance } from 'fastify';
import { Gauge, Histogram, type Registry } from 'prom-client';

/** Counts requests by route, method and status; streams of events are counted while they are open. */
export function measureRequests(app: FastifyInstance, registry: Registry): void {
  const duration = new Histogram({
    name: 'keelson_http_request_duration_seconds',
    help: 'Time until the answer was sent, by route; event streams are not in it',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 1, 2.5, 5, 15, 60],
    registers: [registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    if (route.endsWith('/events')) return;
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    duration.observe(labels, reply.elapsedTime / 1_000);
  });
}

export const openStreams = (registry: Registry): Gauge =>
  new Gauge({
    name: 'keelson_event_streams_open',
    help: 'Clients that follow events now',
    registers: [registry],
  });
