import type { Client } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Kube } from '../kube/client.ts';
import { SYSTEMS } from '../systems/registry.ts';
import { createApi } from './server.ts';

/** Nothing here may reach Kubernetes or Temporal: whatever does, fails. */
let app: FastifyInstance;
beforeAll(async () => {
  app = await createApi({
    kube: {} as Kube,
    temporal: { client: {} as Client, installation: 'test' },
    systems: SYSTEMS,
    token: async () => 'secret',
    registry: new Registry(),
    logger: pino({ level: 'silent' }),
    version: '1.2.3',
  });
});
afterAll(() => app.close());

interface Operation {
  readonly summary?: string;
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

test('the description names every address, its problems, and where a token is needed', async () => {
  const described = (await app.inject('/openapi.json')).json<{
    info: { version: string };
    paths: Record<string, Record<string, Operation>>;
  }>();
  const operations = Object.entries(described.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ at: `${method} ${path}`, path, operation })),
  );
  expect(described.info.version).toBe('1.2.3');
  expect(operations.map((o) => o.at).toSorted()).toEqual([
    'get /healthz',
    'get /metrics',
    'get /readyz',
    'get /v1/clusters',
    'get /v1/clusters/{system}/{namespace}/{name}',
    'get /v1/clusters/{system}/{namespace}/{name}/events',
    'get /v1/nodes',
    'get /v1/nodes/{node}/devices',
    'post /v1/clusters',
    'post /v1/clusters/{system}/{namespace}/{name}/retry',
  ]);
  for (const { at, operation } of operations) expect(operation.summary, at).toBeTruthy();
  for (const { at, operation } of operations.filter((o) => o.path.startsWith('/v1/'))) {
    expect(operation.security, at).toEqual([{ token: [] }]);
    expect(Object.keys(operation.responses['4XX']?.content ?? {}), at).toEqual(['application/problem+json']);
  }
});

test('no address under /v1 answers without the token, whatever it is asked for', async () => {
  for (const url of [
    '/v1/clusters',
    '/v1/nodes',
    '/v1/clusters/curve/a/b/events',
    '/v1/clusters?dryRun=nonsense',
  ]) {
    const { statusCode } = await app.inject({ url, headers: { authorization: 'Bearer secret2' } });
    expect(statusCode, url).toBe(401);
  }
});

test('an error that should not happen tells nothing but where to look', async () => {
  const answer = await app.inject({ url: '/v1/nodes', headers: { authorization: 'Bearer secret' } });
  expect(answer.statusCode).toBe(500);
  expect(answer.json()).toMatchObject({ code: 'Internal', detail: 'an error that should not happen' });
  expect(answer.body).not.toContain('undefined');
});

test.each(['/v1/nodes/UPPER/devices', '/v1/clusters/curve/a..%2F/b', '/v1/clusters/curve/-a/b'])(
  'the name in %s is no name of Kubernetes',
  async (url) => {
    const answer = await app.inject({ url, headers: { authorization: 'Bearer secret' } });
    expect(answer.json()).toMatchObject({ code: 'RequestInvalid', status: 400 });
  },
);

test('requests are counted by route, and never by what was asked for', async () => {
  await app.inject({ url: '/v1/nodes/some-node/devices' });
  const metrics = (await app.inject('/metrics')).body;
  expect(metrics).toContain('route="/v1/nodes/:node/devices",status="401"');
  expect(metrics).not.toContain('some-node');
});
