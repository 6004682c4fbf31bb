import { afterAll, beforeAll, expect, test } from 'vitest';
import { create, get, remove } from '../../../src/kube/objects.ts';
import { CONFIG_MAPS } from '../../../src/kube/resources.ts';
import { curveRef } from '../../support/curve-ids.ts';
import { controlActivity } from '../../support/control.ts';
import { type TestNamespace, testNamespace } from '../../support/kube.ts';

let space: TestNamespace;
beforeAll(async () => {
  space = await testNamespace('cluster-id');
});
afterAll(() => space.end());

const claim = (name: string) =>
  controlActivity(space.kube).run('claimClusterId', curveRef(name, space.namespace));

test('twenty workers that claim at the same time end with one id', async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, () => claim('raced')));
  expect(new Set(ids).size).toBe(1);
  expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
});

test('the id is kept without an owner, and taken up again', async () => {
  const id = await claim('kept');
  const map = await get(space.kube, CONFIG_MAPS, { namespace: space.namespace, name: 'kept-keelson' });
  expect(map.metadata?.ownerReferences).toBeUndefined();
  expect(map.metadata?.labels).toMatchObject({ 'keelson.io/cluster-id': id });
  expect(await claim('kept')).toBe(id);
});

test('an object of somebody else under this name is refused, for good', async () => {
  await create(space.kube, CONFIG_MAPS, {
    metadata: {
      namespace: space.namespace,
      name: 'theirs-keelson',
      labels: { 'app.kubernetes.io/managed-by': 'Helm' },
    },
  });
  await expect(claim('theirs')).rejects.toMatchObject({ type: 'ClusterIdUnreadable', nonRetryable: true });
});

test('a removed ConfigMap means a new cluster, with another id', async () => {
  const id = await claim('forgotten');
  await remove(space.kube, CONFIG_MAPS, { namespace: space.namespace, name: 'forgotten-keelson' });
  expect(await claim('forgotten')).not.toBe(id);
});
