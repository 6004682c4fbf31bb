import { afterAll, beforeAll, expect, test } from 'vitest';
import { FIELD_MANAGER, apply, applyOwned } from '../../../src/kube/apply.ts';
import { Kube } from '../../../src/kube/client.ts';
import { PooledKubeConfig } from '../../../src/kube/config.ts';
import { KubeError } from '../../../src/kube/errors.ts';
import { recordEvent } from '../../../src/kube/events.ts';
import { toFailure } from '../../../src/activities/control/kube-failure.ts';
import { create, createIfAbsent, find, get, list, remove } from '../../../src/kube/objects.ts';
import { CONFIG_MAPS, EVENTS } from '../../../src/kube/resources.ts';
import { mapConcurrently } from '../../../src/concurrency/map-concurrently.ts';
import { type TestNamespace, testNamespace } from '../../support/kube.ts';

let space: TestNamespace;
beforeAll(async () => {
  space = await testNamespace('apply');
});
afterAll(() => space.end());

const OURS = { 'keelson.io/cluster-id': 'one' };
const map = (name: string, data: Record<string, string>, labels: Record<string, string> = OURS) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: space.namespace, name, labels },
  data,
});
const failure = async (promise: Promise<unknown>): Promise<KubeError> => {
  const error: unknown = await promise.then(
    () => new Error('no error came'),
    (e: unknown) => e,
  );
  if (error instanceof KubeError) return error;
  throw error;
};

test('applying again gives up what is no longer sent and keeps what others added', async () => {
  await applyOwned(space.kube, map('shared', { a: '1', b: '2' }), OURS);
  await apply(space.kube, CONFIG_MAPS, map('shared', { theirs: 'x' }), { manager: 'somebody', force: false });
  await applyOwned(space.kube, map('shared', { a: '9' }), OURS);
  const found = await get(space.kube, CONFIG_MAPS, { namespace: space.namespace, name: 'shared' });
  expect(found.data).toEqual({ a: '9', theirs: 'x' });
  expect(found.metadata?.managedFields?.map((m) => m.manager).toSorted()).toEqual([
    FIELD_MANAGER,
    'somebody',
  ]);
});

test('a change by hand of a field that is ours is taken back', async () => {
  await applyOwned(space.kube, map('drifted', { a: '1' }), OURS);
  await apply(space.kube, CONFIG_MAPS, map('drifted', { a: 'by hand' }), {
    manager: 'a-person',
    force: true,
  });
  await applyOwned(space.kube, map('drifted', { a: '1' }), OURS);
  expect((await get(space.kube, CONFIG_MAPS, { namespace: space.namespace, name: 'drifted' })).data).toEqual({
    a: '1',
  });
});

test('an object of somebody else is refused and left alone', async () => {
  const theirs = map('taken', { theirs: 'x' }, { 'app.kubernetes.io/managed-by': 'Helm' });
  await create(space.kube, CONFIG_MAPS, theirs);
  const error = await failure(applyOwned(space.kube, map('taken', { a: '1' }), OURS));
  expect(error.reason).toBe('NameTaken');
  expect(error.message).toContain('owner: Helm');
  expect(error.next).toContain(`kubectl get configmaps taken -n ${space.namespace}`);
  expect(toFailure(error)).toMatchObject({ type: 'KubeNameTaken', nonRetryable: true });
  expect((await get(space.kube, CONFIG_MAPS, { namespace: space.namespace, name: 'taken' })).data).toEqual({
    theirs: 'x',
  });
});

test('an object of another cluster of ours is refused as well', async () => {
  await applyOwned(space.kube, map('other', {}, { 'keelson.io/cluster-id': 'two' }), {
    'keelson.io/cluster-id': 'two',
  });
  expect((await failure(applyOwned(space.kube, map('other', {}), OURS))).reason).toBe('NameTaken');
});

test('without force a field of another manager is a conflict that names it', async () => {
  await apply(space.kube, CONFIG_MAPS, map('held', { a: '1' }), { manager: 'kubectl', force: true });
  const error = await failure(
    apply(space.kube, CONFIG_MAPS, map('held', { a: '2' }), { manager: 'keelson-api', force: false }),
  );
  expect(error.reason).toBe('Conflict');
  expect(error.causes).toEqual([
    expect.objectContaining({ field: '.data.a', message: expect.stringContaining('kubectl') as string }),
  ]);
});

test('many racers that create one object all end with the same one', async () => {
  const made = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      createIfAbsent(space.kube, CONFIG_MAPS, map('race', { winner: String(i) })),
    ),
  );
  expect(new Set(made.map((m) => m.data?.['winner'])).size).toBe(1);
});

test('many that apply the same new object at the same time all succeed', async () => {
  const applied = Array.from({ length: 20 }, () => applyOwned(space.kube, map('together', { a: '1' }), OURS));
  expect(
    new Set((await Promise.all(applied)).map(({ metadata }) => (metadata as { uid?: string }).uid)).size,
  ).toBe(1);
});

test('a missing object is told apart from an error, and removing it is success', async () => {
  const at = { namespace: space.namespace, name: 'absent' };
  expect(await find(space.kube, CONFIG_MAPS, at)).toBeUndefined();
  expect((await failure(get(space.kube, CONFIG_MAPS, at))).message).toContain(
    `ConfigMap "${space.namespace}/absent"`,
  );
  await remove(space.kube, CONFIG_MAPS, at);
});

test('removing by uid leaves an object that was made again', async () => {
  const at = { namespace: space.namespace, name: 'reborn' };
  const first = await create(space.kube, CONFIG_MAPS, map('reborn', {}));
  await remove(space.kube, CONFIG_MAPS, at);
  await create(space.kube, CONFIG_MAPS, map('reborn', {}));
  expect((await failure(remove(space.kube, CONFIG_MAPS, at, { uid: first.metadata?.uid }))).reason).toBe(
    'Conflict',
  );
});

test('a list longer than a page comes whole', async () => {
  const numbers = Array.from({ length: 520 }, (_, i) => i);
  await mapConcurrently(numbers, 40, (i) =>
    create(space.kube, CONFIG_MAPS, map(`many-${i}`, {}, { many: 'yes' })),
  );
  const listed = await list(space.kube, CONFIG_MAPS, {
    namespace: space.namespace,
    labelSelector: 'many=yes',
  });
  expect(new Set(listed.items.map((m) => m.metadata?.name)).size).toBe(520);
});

test('a missing permission names the verb, the resource and the next step', async () => {
  const poor = new PooledKubeConfig();
  const [cluster, user] = [space.config.getCurrentCluster(), space.config.getCurrentUser()];
  if (!cluster || !user) throw new Error('kubeconfig without cluster or user');
  poor.loadFromClusterAndUser(cluster, { ...user, name: 'poor', impersonateUser: 'poor' });
  const error = await failure(applyOwned(new Kube(poor), map('forbidden', {}), OURS));
  expect(error.next).toContain(`allow the verb "get" on "configmaps" in namespace "${space.namespace}"`);
  expect(toFailure(error)).toMatchObject({ type: 'KubeForbidden', nonRetryable: true });
});

test('an invalid object is refused for good, with the field', async () => {
  const error = await failure(applyOwned(space.kube, map('BAD_NAME', {}), OURS));
  expect(error.permanent).toBe(true);
  expect(error.causes[0]?.field).toBe('metadata.name');
});

test('a field that the API server does not know is an error, not silence', async () => {
  const typo = { ...map('typo', {}), dta: {} };
  expect((await failure(applyOwned(space.kube, typo, OURS))).message).toContain('dta');
});

test('an API server that is not there is named', async () => {
  const config = new PooledKubeConfig();
  config.loadFromClusterAndUser(
    { name: 'x', server: 'https://127.0.0.1:59999', skipTLSVerify: true },
    { name: 'x', token: 'x' },
  );
  const error = await failure(list(new Kube(config), CONFIG_MAPS));
  expect(error).toMatchObject({ reason: 'Unreachable', permanent: false });
  expect(error.message).toContain('https://127.0.0.1:59999');
  expect(error.message).toContain('ECONNREFUSED');
});

test('the same words about the same object are one event that counts', async () => {
  const about = await create(space.kube, CONFIG_MAPS, map('subject', {}));
  const regarding = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: space.namespace,
    name: 'subject',
    uid: about.metadata?.uid ?? '',
  };
  const note = { type: 'Warning', reason: 'NodeLost', message: 'node-1 does not answer' } as const;
  for (let i = 0; i < 3; i++) await recordEvent(space.kube, regarding, note, 'test', new Date());
  const { items } = await list(space.kube, EVENTS, { namespace: space.namespace });
  const ours = items.filter((event) => event.regarding?.name === 'subject');
  expect(ours.map((event) => [event.reason, event.note, event.series?.count])).toEqual([
    ['NodeLost', 'node-1 does not answer', 3],
  ]);
});
