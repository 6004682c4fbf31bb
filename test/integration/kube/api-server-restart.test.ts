import { afterAll, beforeAll, expect, test } from 'vitest';
import { KubeError } from '../../../src/kube/errors.ts';
import { create, list } from '../../../src/kube/objects.ts';
import { CONFIG_MAPS } from '../../../src/kube/resources.ts';
import { watchUntil } from '../../../src/kube/watch.ts';
import { type ApiServer, startApiServer } from '../../support/api-server.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
});
afterAll(() => server.end());

const put = (name: string) => create(server.kube, CONFIG_MAPS, { metadata: { namespace: 'default', name } });

test('forty watches all survive a kill -9 of the API server', async () => {
  const troubles: KubeError[] = [];
  const started = Array.from({ length: 40 }, () => Promise.withResolvers<void>());
  const seen = started.map(({ resolve }) =>
    watchUntil(
      server.kube,
      CONFIG_MAPS,
      { namespace: 'default' },
      (maps) => {
        resolve();
        return maps.some((map) => map.metadata?.name === 'after-restart') ? true : undefined;
      },
      { onTrouble: (error) => troubles.push(error) },
    ),
  );
  await Promise.all(started.map(({ promise }) => promise));
  await server.kill();
  await expect.poll(() => troubles.length, { timeout: 30_000 }).toBeGreaterThan(0);
  await server.start();
  await put('after-restart');
  expect(await Promise.all(seen)).toEqual(Array.from({ length: 40 }, () => true));
});

test('while it is away a request fails at once and says so, and the next one after its return succeeds', async () => {
  await server.kill();
  const error: unknown = await list(server.kube, CONFIG_MAPS).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(KubeError);
  expect(error).toMatchObject({ reason: 'Unreachable', permanent: false });
  await server.start();
  expect((await list(server.kube, CONFIG_MAPS)).items.length).toBeGreaterThan(0);
});
