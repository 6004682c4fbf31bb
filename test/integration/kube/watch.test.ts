import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Kube } from '../../../src/kube/client.ts';
import type { KubeError } from '../../../src/kube/errors.ts';
import { create, list, remove } from '../../../src/kube/objects.ts';
import {
  CONFIG_MAPS,
  CUSTOM_RESOURCE_DEFINITIONS,
  type KubeObject,
  type Resource,
} from '../../../src/kube/resources.ts';
import { type Change, watch, watchUntil } from '../../../src/kube/watch.ts';
import { type TestNamespace, testNamespace, throughProxy } from '../../support/kube.ts';
import { type TcpProxy, tcpProxy } from '../../support/tcp-proxy.ts';

let space: TestNamespace;
let proxy: TcpProxy;
/** Talks to the API server through the proxy. */
let proxied: Kube;
const cleanUp: (() => Promise<void>)[] = [];

beforeAll(async () => {
  space = await testNamespace('watch');
  const server = new URL(space.kube.server);
  proxy = await tcpProxy({ host: server.hostname, port: Number(server.port) });
  proxied = new Kube(throughProxy(space.config, proxy.port));
  // Kubernetes puts this into each new namespace, a moment later: it would be the first change that a test sees.
  await waitFor('kube-root-ca.crt', space.kube);
});
afterAll(async () => {
  await proxy.end();
  for (const clean of cleanUp) await clean();
  await space.end();
});

const put = (name: string) =>
  create(space.kube, CONFIG_MAPS, { metadata: { namespace: space.namespace, name } });
const waitFor = (name: string, kube: Kube, onTrouble: (error: KubeError) => void = () => undefined) =>
  watchUntil(
    kube,
    CONFIG_MAPS,
    { namespace: space.namespace },
    (maps) => maps.find((map) => map.metadata?.name === name)?.metadata?.name,
    { onTrouble },
  );
/** Waits until the watch has its connection: the list is told right before. */
async function started(
  kube: Kube,
): Promise<{ next: () => Promise<Change<{ metadata?: { name?: string } }>>; troubles: KubeError[] }> {
  const troubles: KubeError[] = [];
  const changes = watch(
    kube,
    CONFIG_MAPS,
    { namespace: space.namespace },
    { onTrouble: (error) => troubles.push(error) },
  );
  const first = await changes.next();
  if (first.value.type !== 'listed') throw new Error('the first change is not the list');
  return { next: async () => (await changes.next()).value, troubles };
}
/** Defines a new kind of object and waits until the API server serves it. */
async function newKind(): Promise<Resource<KubeObject>> {
  const name = `young${space.namespace.slice(-8)}`;
  const young = { apiVersion: 'test.keelson.io/v1', kind: name, plural: name, namespaced: true };
  await create(space.kube, CUSTOM_RESOURCE_DEFINITIONS, {
    metadata: { name: `${name}.test.keelson.io` },
    spec: {
      group: 'test.keelson.io',
      scope: 'Namespaced',
      names: { kind: name, plural: name },
      versions: [
        { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
      ],
    },
  });
  cleanUp.push(() => remove(space.kube, CUSTOM_RESOURCE_DEFINITIONS, { name: `${name}.test.keelson.io` }));
  // Serving it follows a moment after, and takes longer on a busy machine.
  await expect.poll(() => list(space.kube, young).catch(() => undefined), { timeout: 60_000 }).toBeDefined();
  return young;
}
const nameOf = (change: Change<{ metadata?: { name?: string } }>) =>
  change.type === 'listed' ? change.objects.map((o) => o.metadata?.name) : change.object.metadata?.name;

describe('watchUntil', () => {
  test('answers at once when the list already satisfies', async () => {
    await put('present');
    expect(await waitFor('present', space.kube)).toBe('present');
  });

  test('answers when the object appears, without a repeated list', async () => {
    const seen = waitFor('later', space.kube);
    await put('later');
    expect(await seen).toBe('later');
  });

  test('survives a connection reset in the middle of the watch', async () => {
    const { next, troubles } = await started(proxied);
    const change = next();
    await put('before-reset');
    expect(nameOf(await change)).toBe('before-reset');
    const after = next();
    proxy.reset();
    await put('after-reset');
    expect(nameOf(await after)).toBe('after-reset');
    expect(troubles.map((t) => t.reason)).toContain('Unreachable');
  });

  test('survives an API server that is away for a while', async () => {
    const troubles: KubeError[] = [];
    const away = Promise.withResolvers<void>();
    const seen = waitFor('after-outage', proxied, (error) => {
      troubles.push(error);
      if (troubles.length >= 3) away.resolve();
    });
    await proxy.down();
    await away.promise; // three refused attempts: it really was away
    await put('after-outage');
    await proxy.up();
    expect(await seen).toBe('after-outage');
    expect(troubles[0]?.message).toContain('cannot be reached');
  });

  test(
    'notices a link that is cut without a word, and goes on when it is back',
    { timeout: 90_000 },
    async () => {
      const { next, troubles } = await started(proxied);
      const change = next();
      await put('before-freeze');
      await change;
      const after = next();
      proxy.freeze();
      await put('during-freeze');
      await expect.poll(() => troubles.length, { timeout: 60_000 }).toBeGreaterThan(0);
      proxy.thaw();
      expect(nameOf(await after)).toBe('during-freeze');
      expect(troubles[0]?.reason).toBe('NoAnswer');
    },
  );

  test('lists again when the version it watches from is no longer stored (410)', async () => {
    // A kind that is younger than the version: the API server cannot know what happened to it back then.
    const young = await newKind();
    const troubles: KubeError[] = [];
    for await (const change of watch(
      space.kube,
      young,
      {},
      { from: '1', onTrouble: (error) => troubles.push(error) },
    )) {
      expect(change).toEqual({ type: 'listed', objects: [] });
      break;
    }
    expect(troubles.map((t) => t.status)).toEqual([410]);
  });

  test('tells a deletion', async () => {
    await put('doomed');
    const gone = watchUntil(
      space.kube,
      CONFIG_MAPS,
      { namespace: space.namespace, fieldSelector: 'metadata.name=doomed' },
      (maps) => (maps.length === 0 ? true : undefined),
    );
    await remove(space.kube, CONFIG_MAPS, { namespace: space.namespace, name: 'doomed' });
    expect(await gone).toBe(true);
  });

  test("ends with the signal's own reason when it is aborted", async () => {
    const stop = new AbortController();
    const seen = waitFor('never', space.kube.within(stop.signal));
    stop.abort(new Error('enough'));
    await expect(seen).rejects.toThrow('enough');
  });
});

test('a hundred requests share one connection', async () => {
  const before = proxy.opened();
  const kube = new Kube(throughProxy(space.config, proxy.port));
  await Promise.all(Array.from({ length: 100 }, () => waitFor('present', kube)));
  expect(proxy.opened() - before).toBeLessThanOrEqual(2);
});
