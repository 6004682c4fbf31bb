import { describe, expect, test } from 'vitest';
import type { ControlActivities } from '../../activities/control/contract.ts';
import type { NodeActivities } from '../../activities/node/contract.ts';
import type { CurveCalls, CurveNodeActivities, CurveWaits } from '../../activities/curve/contract.ts';
import type { CustomObject } from '../../kube/resources.ts';
import { SYSTEMS } from '../../systems/registry.ts';
import type { PhaseName } from '../../systems/curve/phases.ts';
import type { PhaseView } from '../../systems/phases.ts';
import type { LiveOperation } from '../observe.ts';
import { meaningOf } from './activities.ts';
import { clusterDetail, clusterSummary } from './cluster.ts';
import { phaseAnswer } from './phases.ts';
import { readStatus } from './status.ts';
import { type PendingActivity, workByPhase } from './work.ts';

const known = SYSTEMS.kindOf({ system: 'curve', kind: 'cluster' });
const NOW = new Date('2026-11-22T12:00:00Z');
const ago = (seconds: number): string => new Date(NOW.getTime() - seconds * 1_000).toISOString();

const phase = (name: PhaseName, more: Partial<PhaseView> = {}): PhaseView => ({
  name,
  state: 'Running',
  nodes: { done: 0, total: 3 },
  blocked: [],
  ...more,
});
const pending = (activity: string, more: Partial<PendingActivity> = {}): PendingActivity => ({
  activity,
  started: true,
  attempt: 1,
  ...more,
});
const shown = (view: PhaseView, ...activities: PendingActivity[]) =>
  phaseAnswer(
    view,
    workByPhase(known.system, activities, [view]).get(view.name) ?? [],
    known.kind.phases.some((p) => p.name === view.name && p.perNode),
  );

describe('what goes on in a phase', () => {
  test('is the heartbeat of each node, with those that are through counted whole', () => {
    const view = shown(
      phase('format', { nodes: { done: 1, total: 3 } }),
      pending('formatDisks', {
        node: 'node2',
        heartbeat: { done: 1, total: 2, waitingFor: 'mkfs.ext4 on /dev/vdd' },
      }),
      pending('formatDisks', { node: 'node3' }),
    );
    expect(view).toMatchObject({
      percent: 50,
      progress: { done: 1, total: 2 },
      waitingFor: ['node3: format disks', 'node2: mkfs.ext4 on /dev/vdd'],
    });
  });

  test('counts chunks where the node counts them, and not the job beside it again', () => {
    const disks = [{ device: '/dev/vdc', done: 25, total: 100 }];
    const view = shown(
      phase('chunkfilepool', { nodes: { done: 0, total: 1 } }),
      pending('curve.awaitChunkFormatJobs', { heartbeat: { done: 0, total: 1, waitingFor: 'job x' } }),
      pending('curve.watchPools', {
        node: 'node1',
        heartbeat: { done: 25, total: 100, waitingFor: '25/100', disks },
      }),
    );
    expect(view).toMatchObject({ percent: 25, progress: { done: 25, total: 100 } });
    expect(view.work.find((w) => w.node === 'node1')?.disks).toEqual(disks);
  });

  test('of instances is one piece of work, not one of many', () => {
    const view = shown(
      phase('etcd'),
      pending('curve.awaitEtcd', { heartbeat: { done: 2, total: 3, waitingFor: 'etcd c' } }),
    );
    expect(view).toMatchObject({ percent: 66, waitingFor: ['etcd c'] });
  });

  test('names the nodes that do not answer first, and only once', () => {
    const view = shown(
      phase('format', { blocked: ['node2'] }),
      pending('formatDisks', { node: 'node2', started: false }),
    );
    expect(view.waitingFor).toEqual(['node2: does not answer']);
    expect(view.work).toMatchObject([{ node: 'node2', state: 'waiting' }]);
  });

  test('shows how the attempt before ended, before anything else', () => {
    const view = shown(
      phase('mds'),
      pending('curve.observeMds'),
      pending('curve.applyMds', { attempt: 3, started: false, lastError: 'KubeConflict: …', next: 'wait' }),
    );
    expect(view).toMatchObject({ lastError: 'KubeConflict: …', next: 'wait' });
    expect(view.work[0]).toMatchObject({ state: 'retrying', attempt: 3, next: 'wait' });
  });

  test('is not what a phase failed with: that has its own next step, or none', () => {
    const retried = pending('curve.applyMds', { attempt: 3, lastError: 'KubeConflict: …', next: 'wait' });
    const failed = { state: 'Failed', lastError: 'PoolRefused: …' } as const;
    expect(phaseAnswer(phase('mds', { ...failed, next: 'look' }), [], false)).toMatchObject({ next: 'look' });
    const work = workByPhase(known.system, [retried], [phase('mds')]).get('mds') ?? [];
    expect(phaseAnswer(phase('mds', failed), work, false).next).toBeUndefined();
  });

  test('belongs to the phase that runs, and to nobody when none of its phases does', () => {
    const phases = [phase('physicalPool', { state: 'Done' }), phase('logicalPool')];
    const work = workByPhase(
      known.system,
      [pending('curve.observePools'), pending('curve.observeEtcd'), pending('watchLiveness')],
      phases,
    );
    expect([...work.keys()]).toEqual(['logicalPool']);
  });

  test('of a thousand nodes is shortened to what is worth reading', () => {
    const many = Array.from({ length: 1_000 }, (_, i) =>
      pending('formatDisks', { node: `n${i}`, heartbeat: { done: i, total: 1_000, waitingFor: 'x' } }),
    );
    const view = shown(phase('format', { nodes: { done: 0, total: 1_000 } }), ...many);
    expect(view.work).toHaveLength(20);
    expect(view.work[0]?.node).toBe('n0');
    expect(view.percent).toBe(49);
  });

  test.each([[undefined], [null], ['text'], [7], [{ done: 'x' }], [{ disks: [{}, null] }]])(
    'survives a heartbeat that says %j',
    (heartbeat) => {
      const view = shown(phase('format'), pending('formatDisks', { node: 'node1', heartbeat }));
      expect(view.waitingFor).toEqual(['node1: format disks']);
    },
  );
});

test('every activity has a meaning, or is known to have none', () => {
  // A new activity is a compile error here until somebody says where it is shown.
  const GENERAL = {
    claimClusterId: true,
    writePhases: false,
    writeTerminated: false,
    recordEvent: false,
    readResource: false,
    probeNode: false,
    watchLiveness: false,
    watchNode: false,
    inspectDisks: true,
    inspectNode: true,
    claimHostDataDir: true,
    formatDisks: true,
  } satisfies Record<keyof ControlActivities | keyof NodeActivities, boolean>;
  const CURVE = {
    observeKubernetes: true,
    computeLayout: true,
    readTemplates: true,
    observeEtcd: true,
    applyEtcd: true,
    awaitEtcd: true,
    observeMds: true,
    applyMds: true,
    awaitMds: true,
    observeChunkFormatJobs: true,
    applyChunkFormatJobs: true,
    awaitChunkFormatJobs: true,
    observePools: true,
    createPhysicalPool: true,
    createLogicalPool: true,
    awaitCopysets: true,
    observeChunkservers: true,
    applyChunkservers: true,
    awaitChunkservers: true,
    observeSnapshotclone: true,
    applySnapshotclone: true,
    awaitSnapshotclone: true,
    watchHealth: false,
    inspectPools: true,
    emptyPools: true,
    watchPools: true,
  } satisfies Record<keyof CurveCalls | keyof CurveWaits | keyof CurveNodeActivities, boolean>;
  const all = [
    ...Object.entries(GENERAL),
    ...Object.entries(CURVE).map(([name, isShown]) => [`curve.${name}`, isShown] as const),
  ];
  for (const [activity, isShown] of all) {
    expect(meaningOf(known.system, activity) !== undefined, activity).toBe(isShown);
  }
});

const seen = { known, installation: 'ab12', now: NOW };

const resource = (status: object = {}, generation = 2): CustomObject => ({
  metadata: {
    namespace: 'curve',
    name: 'my',
    uid: 'u-1',
    generation,
    creationTimestamp: '2026-11-22T11:00:00Z',
  },
  spec: { curveVersion: { image: 'curvebs:1' } },
  status,
});
const condition = (type: string, status: string, observedGeneration = 2) => ({
  type,
  status,
  observedGeneration,
  reason: 'Because',
  message: 'as it is',
  lastTransitionTime: '2026-11-22T11:30:00Z',
});

describe('Ready', () => {
  const readyOf = (status: object) => clusterSummary({ ...seen, resource: resource(status) }).ready;

  test.each([
    ['as it was seen', 10, 'True', 'Because'],
    ['Unknown when nobody looked for more than 60 s', 61, 'Unknown', 'NotCheckedLately'],
  ])('is %s', (_how, seconds, status, reason) => {
    const answer = readyOf({ observedAt: ago(seconds), conditions: [condition('Ready', 'True')] });
    expect(answer).toMatchObject({ status, reason, observedAt: ago(seconds), observedGeneration: 2 });
  });

  test('is Unknown when the last look was at another generation', () => {
    const answer = readyOf({ observedAt: ago(5), conditions: [condition('Ready', 'True', 1)] });
    expect(answer).toMatchObject({ status: 'Unknown', reason: 'NewGeneration', observedGeneration: 1 });
  });

  test('is Unknown before the first look', () => {
    expect(readyOf({})).toMatchObject({ status: 'Unknown', reason: 'NotCheckedYet' });
  });

  test('is Unknown in the words of whoever knew why nobody looks', () => {
    const said = { ...condition('Ready', 'True'), status: 'Unknown', message: 'looking fails: no worker' };
    expect(readyOf({ observedAt: ago(90), conditions: [said] })).toMatchObject({
      status: 'Unknown',
      message: 'looking fails: no worker',
    });
  });

  test('is said the same way among the conditions', () => {
    const status = {
      observedAt: ago(90),
      conditions: [condition('Ready', 'True'), condition('Accepted', 'True')],
    };
    const { conditions } = clusterDetail({ ...seen, resource: resource(status) });
    expect(conditions).toMatchObject([
      { type: 'Ready', status: 'Unknown', reason: 'NotCheckedLately' },
      { type: 'Accepted', status: 'True' },
    ]);
  });
});

describe('a cluster', () => {
  const live: LiveOperation = {
    id: 'ab12/curve/cluster/curve/my/u-1-2-1',
    view: {
      operation: {
        system: 'curve',
        kind: 'cluster',
        namespace: 'curve',
        name: 'my',
        uid: 'u-1',
        generation: 2,
        attempt: 1,
      },
      state: 'Running',
      phases: [phase('preflight', { state: 'Done', started: ago(60), finished: ago(50) }), phase('format')],
      transitions: [],
      children: [],
      message: '',
    },
    pending: [],
  };
  const remembered = {
    operation: { id: 'op-1', generation: 1, attempt: 1, state: 'Succeeded', message: 'done' },
    phases: [{ name: 'etcd', state: 'Done', started: ago(600), finished: ago(500) }],
    conditions: [],
  };

  test('is shown from its operation while Temporal answers', () => {
    const detail = clusterDetail({
      ...seen,
      resource: resource(remembered),
      live,
      temporalUi: 'http://ui/namespaces/d',
    });
    expect(detail).toMatchObject({
      state: 'Running',
      stale: false,
      phase: 'format',
      operation: { id: live.id, generation: 2, started: ago(60) },
      links: { temporalUi: 'http://ui/namespaces/d/workflows/ab12%2Fcurve%2Fcluster%2Fcurve%2Fmy%2Fu-1-2-1' },
    });
    expect(detail.operation?.finished).toBeUndefined();
  });

  test('is shown as the resource remembers it, and as stale, while Temporal is away', () => {
    const detail = clusterDetail({
      ...seen,
      resource: resource(remembered),
      staleReason: 'Temporal is away',
    });
    expect(detail).toMatchObject({
      state: 'Succeeded',
      stale: true,
      staleReason: 'Temporal is away',
      operation: { id: 'op-1', started: ago(600), finished: ago(500) },
      phases: [{ name: 'etcd', state: 'Done', nodes: { done: 0, total: 0 }, work: [] }],
    });
  });

  test('that failed says what to do as a field of its own, from Temporal and from the resource alike', () => {
    const told = { message: 'NodesFailed: node2 holds LVM', next: 'name another disk' };
    const phases = [phase('format', { state: 'Failed', lastError: 'node2 holds LVM', next: told.next })];
    const view = { ...live.view, state: 'Failed', phases, ...told } as const;
    const status = { operation: { ...remembered.operation, state: 'Failed', ...told }, phases };
    const answers = [
      clusterDetail({ ...seen, resource: resource(), live: { ...live, view } }),
      clusterDetail({ ...seen, resource: resource(status) }),
    ];
    for (const answer of answers)
      expect(answer).toMatchObject({ ...told, operation: told, phases: [{ next: told.next }] });
  });

  test('whose manifest was refused says why, also while an older operation goes on', () => {
    const refused = { ...condition('Accepted', 'False'), message: 'spec.nodes: …' };
    const detail = clusterDetail({ ...seen, resource: resource({ conditions: [refused] }), live });
    expect(detail).toMatchObject({
      state: 'Refused',
      message: 'spec.nodes: …',
      operation: { state: 'Running' },
    });
  });

  test('that is new is Pending', () => {
    expect(clusterSummary({ ...seen, resource: resource() })).toMatchObject({
      state: 'Pending',
      image: 'curvebs:1',
      generation: 2,
    });
  });

  test.each([
    [undefined],
    [null],
    [{ phases: 'x', conditions: 7, operation: {} }],
    [{ phases: [{ name: 'new-phase' }] }],
  ])('with a status of %j is read as far as it can be', (status) => {
    expect(readStatus(status)).toMatchObject({ phases: [], conditions: [] });
  });
});
