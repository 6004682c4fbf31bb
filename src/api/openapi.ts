import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform } from 'fastify-type-provider-zod';

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" width="160" height="40"><text x="0" y="28" font-family="sans-serif" ' +
  'font-size="26" font-weight="bold" fill="#fff">keelson</text></svg>';

/** /openapi.json, and /docs for people; all files of the page are served from here. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Keelson',
        version,
        description:
          'Storage on Kubernetes, provisioned by durable Temporal workflows. Refusals are problem documents (RFC 9457) ' +
          'with `code`, `subject` and `next`.',
      },
      tags: [
        { name: 'clusters', description: 'Clusters of all storage systems: apply, read, follow, try again' },
        { name: 'nodes', description: 'Nodes and their disks' },
        { name: 'service', description: 'Health and metrics of Keelson itself' },
      ],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    transform: createJsonSchemaTransform({ zodToJsonConfig: { target: 'draft-2020-12' } }),
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    logo: { type: 'image/svg+xml', content: LOGO },
    theme: { title: 'Keelson API' },
    uiConfig: { tryItOutEnabled: false, displayRequestDuration: true, persistAuthorization: true },
    staticCSP:
      "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
  });
}
