import { afterAll, beforeAll, expect, test } from 'vitest';
import { create, get, list, remove } from '../../../src/kube/objects.ts';
import { type CustomObject, EVENTS } from '../../../src/kube/resources.ts';
import type { PhaseView } from '../../../src/systems/phases.ts';
import { type ApiServer, startApiServer } from '../../support/api-server.ts';
import { controlActivity } from '../../support/control.ts';
import { writeVerdict } from '../../support/health.ts';
import { CURVE_CLUSTERS, curveRef } from '../../support/curve-ids.ts';
import type { OperationId } from '../../../src/systems/operation.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
});
afterAll(() => server.end());

const SPEC = {
  curveVersion: { image: 'curve2operator/curvebs:monitor-v1.2.6' },
  nodes: ['a', 'b', 'c'],
  hostDataDir: '/curvebs',
  etcd: { peerPort: 23800, clientPort: 23790 },
  mds: { port: 6700, dummyPort: 7700 },
  storage: {
    nodes: ['a', 'b', 'c'],
    port: 8200,
    copySets: 100,
    devices: [{ name: '/dev/vdc', mountPath: '/data/chunkserver0', percentage: 80 }],
  },
};

async function newCluster(name: string): Promise<OperationId> {
  const made = await create(server.kube, CURVE_CLUSTERS, {
    metadata: { namespace: 'default', name },
    spec: SPEC,
  });
  return { ...curveRef(name, 'default'), uid: made.metadata?.uid ?? '', generation: 1, attempt: 1 };
}

interface Status {
  readonly phase?: string;
  readonly operation?: { readonly id: string };
  readonly observedAt?: string;
  readonly phases?: readonly PhaseView[];
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly lastTransitionTime: string;
  }[];
}
const read = (name: string): Promise<CustomObject> =>
  get(server.kube, CURVE_CLUSTERS, { namespace: 'default', name });
const statusOf = async (name: string): Promise<Status> => (await read(name)).status as Status;

const phase = (name: PhaseView['name'], state: PhaseView['state']): PhaseView => ({
  name,
  state,
  nodes: { done: 1, total: 3 },
  blocked: [],
});
const verdict = (ready: boolean, observedAt: string) => ({
  ready,
  reason: ready ? 'AllChecksHold' : 'EtcdUnhealthy',
  message: 'said in words',
  observedAt,
  observedGeneration: 1,
});
const activity = () => controlActivity(server.kube, 'curve/default/x/12345678-1-1');

test('two writers share the status and own no field together', async () => {
  const operation = await newCluster('shared');
  await activity().run('writePhases', {
    operation,
    state: 'Running',
    phases: [phase('preflight', 'Done'), phase('etcd', 'Running')],
    message: 'etcd is coming up',
  });
  await writeVerdict(server.kube, operation, verdict(false, '2026-11-22T10:00:00.000Z'));

  const { status, metadata } = await read('shared');
  expect(status).toMatchObject({
    phase: 'Running',
    operation: { id: 'curve/default/x/12345678-1-1', generation: 1, attempt: 1, state: 'Running' },
    phases: [
      { name: 'preflight', state: 'Done' },
      { name: 'etcd', state: 'Running' },
    ],
    observedAt: '2026-11-22T10:00:00.000Z',
  });
  const types = (status as Status).conditions?.map(({ type, status: is }) => [type, is]).toSorted();
  expect(types).toEqual([
    ['NodesAnswering', 'True'],
    ['Progressing', 'True'],
    ['Ready', 'False'],
  ]);

  const owned = new Map(metadata?.managedFields?.map((m) => [m.manager, JSON.stringify(m.fieldsV1)]));
  expect(owned.get('keelson-phases')).not.toContain('observedAt');
  expect(owned.get('keelson-phases')).not.toContain('\\"Ready\\"');
  expect(owned.get('keelson-ready')).not.toContain('f:phases');
  expect(owned.get('keelson-ready')).not.toContain('Progressing');
});

test('an operation that was terminated is told as failed, with the phases it had; a later one is left alone', async () => {
  const operation = await newCluster('terminated');
  await activity().run('writePhases', {
    operation,
    state: 'Running',
    phases: [phase('preflight', 'Done'), phase('etcd', 'Running')],
    message: 'etcd is coming up',
  });
  const id = 'curve/default/terminated/12345678-1-1';
  await activity().run('writeTerminated', { operation, id });
  expect((await read('terminated')).status).toMatchObject({
    phase: 'Failed',
    operation: { id, state: 'Failed' },
    phases: [
      { name: 'preflight', state: 'Done' },
      { name: 'etcd', state: 'Failed', lastError: expect.stringMatching(/a person in Temporal/) },
    ],
    conditions: [{ type: 'Progressing', status: 'False', reason: 'OperationFailed' }],
  });

  const retried = { ...operation, attempt: 2 };
  const going = { state: 'Running', phases: [], message: '' } as const;
  await activity().run('writePhases', { operation: retried, ...going });
  await activity().run('writeTerminated', { operation, id });
  expect(await statusOf('terminated')).toMatchObject({ phase: 'Running', operation: { attempt: 2 } });
});

test('a phase that is no longer reported disappears', async () => {
  const operation = await newCluster('shrunk');
  const report = { operation, state: 'Running', message: '' } as const;
  await activity().run('writePhases', {
    ...report,
    phases: [phase('preflight', 'Done'), phase('etcd', 'Running')],
  });
  await activity().run('writePhases', { ...report, phases: [phase('preflight', 'Done')] });
  expect((await statusOf('shrunk')).phases?.map(({ name }) => name)).toEqual(['preflight']);
});

test('a failure and its next step are two fields for whoever reads them, and one text for kubectl', async () => {
  const operation = await newCluster('failed');
  const told = { message: 'DiskRefused: /dev/vdc holds LVM', next: 'name another disk' };
  const failed = { ...phase('format', 'Failed'), lastError: told.message, next: told.next };
  await activity().run('writePhases', { operation, state: 'Failed', phases: [failed], ...told });
  const text = 'DiskRefused: /dev/vdc holds LVM. Next: name another disk';
  expect((await read('failed')).status).toMatchObject({
    message: text,
    operation: told,
    phases: [{ name: 'format', lastError: told.message, next: told.next }],
    conditions: [{ type: 'Progressing', message: text }],
  });
});

test('lastTransitionTime moves only when the status does', async () => {
  const operation = await newCluster('timed');
  const ready = async (is: boolean, at: string): Promise<string | undefined> => {
    await writeVerdict(server.kube, operation, verdict(is, at));
    return (await statusOf('timed')).conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime;
  };
  const first = await ready(true, '2026-11-22T10:00:00.000Z');
  expect(await ready(true, '2026-11-22T10:00:30.000Z')).toBe(first);
  expect(await ready(false, '2026-11-22T10:01:00.000Z')).not.toBe(first);
  expect((await statusOf('timed')).observedAt).toBe('2026-11-22T10:01:00.000Z');
});

test('a resource that was deleted and made again under the same name is left alone', async () => {
  const operation = await newCluster('reborn');
  await remove(server.kube, CURVE_CLUSTERS, { namespace: 'default', name: 'reborn' });
  await newCluster('reborn');
  await activity().run('writePhases', {
    operation,
    state: 'Failed',
    phases: [],
    message: 'of the one before',
  });
  expect(await writeVerdict(server.kube, operation, verdict(true, '2026-11-22T10:00:00.000Z'))).toBe(false);
  expect((await read('reborn')).status).toBeUndefined();
});

test('a resource that is gone is no error', async () => {
  const operation = { ...curveRef('gone', 'default'), uid: 'none', generation: 1, attempt: 1 };
  await activity().run('writePhases', { operation, state: 'Running', phases: [], message: '' });
  expect(await activity().run('readResource', curveRef('gone', 'default'))).toBeUndefined();
});

test('readResource tells uid and generation as they are now', async () => {
  const { uid } = await newCluster('live');
  expect(await activity().run('readResource', curveRef('live', 'default'))).toEqual({
    uid,
    generation: 1,
  });
});

test('an event is shown with the resource, once however often it is recorded', async () => {
  const operation = await newCluster('told');
  const event = {
    operation,
    type: 'Warning',
    reason: 'OperationFailed',
    message: `etcd did not come up: ${'x'.repeat(2_000)}`,
    next: 'see its log',
  } as const;
  await activity().run('recordEvent', event);
  await activity().run('recordEvent', event);
  const { items } = await list(server.kube, EVENTS, {
    namespace: 'default',
    fieldSelector: `regarding.uid=${operation.uid},type=Warning`,
  });
  expect(items.map(({ reason, note, series }) => [reason, note, series?.count])).toEqual([
    ['OperationFailed', expect.stringMatching(/^etcd did not come up: x+…\. Next: see its log$/), 2],
  ]);
});

test('an Event in words that take more bytes than letters is cut, not refused', async () => {
  const operation = await newCluster('wide');
  const event = { operation, type: 'Warning', reason: 'OperationFailed' } as const;
  await activity().run('recordEvent', { ...event, message: '✘'.repeat(2_000) });
  const { items } = await list(server.kube, EVENTS, {
    namespace: 'default',
    fieldSelector: `regarding.uid=${operation.uid},type=Warning`,
  });
  expect(items.map(({ note }) => note)).toEqual(['✘'.repeat(341)]);
});
