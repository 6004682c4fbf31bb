import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { temporalAnswers } from '../../requests/observe.ts';
import type { ApiParts } from '../parts.ts';

/** What needs no token: nothing here tells anything about a cluster. */
export function publicRoutes(app: FastifyInstance, parts: ApiParts): void {
  const status = z.object({ status: z.literal('ok') });

  app.get(
    '/healthz',
    { schema: { tags: ['service'], summary: 'Whether the process lives', response: { 200: status } } },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        tags: ['service'],
        summary: 'Whether requests may come here',
        description:
          'Ready also while Temporal is away: manifests are then stored and delivered later, and a problem document ' +
          'tells more than a closed port.',
        response: { 200: status.extend({ temporal: z.enum(['answers', 'away']) }) },
      },
    },
    async () => ({
      status: 'ok' as const,
      temporal: (await temporalAnswers(parts.temporal.client)) ? 'answers' : 'away',
    }),
  );

  app.get(
    '/metrics',
    { schema: { tags: ['service'], summary: 'Metrics for Prometheus', produces: ['text/plain'] } },
    async (_request, reply) => reply.type(parts.registry.contentType).send(await parts.registry.metrics()),
  );

  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
