import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { ClusterDetail, PhaseAnswer } from '../../requests/answers/clusters.ts';
import type { PlanAnswer } from '../../requests/answers/nodes.ts';
import { problemDocument, Problem } from '../../requests/problems.ts';
import { plain } from '../terminal.ts';
import { clusterScreen, clusterTable } from './cluster.ts';
import { cut, visible } from './lines.ts';
import { outcomeOf } from '../outcome.ts';
import { phaseLines } from './phases.ts';
import { planLines } from './plan.ts';
import { problemLines } from './problem.ts';
import { progressLine, transitionLine } from './transitions.ts';
import { bytes, duration, parseDuration } from './formats.ts';

const NOW = new Date('2026-11-22T12:01:00Z');
const OPTIONS = { paint: plain, now: NOW, frame: 0, details: 3 };

const phase = (name: PhaseAnswer['name'], more: Partial<PhaseAnswer> = {}): PhaseAnswer => ({
  name,
  state: 'Pending',
  nodes: { done: 0, total: 0 },
  blocked: [],
  waitingFor: [],
  work: [],
  ...more,
});

const cluster = (more: Partial<ClusterDetail> = {}): ClusterDetail => ({
  id: 'curve/curve/my',
  system: 'curve',
  kind: 'cluster',
  namespace: 'curve',
  name: 'my',
  uid: 'u',
  generation: 1,
  created: '2026-11-22T11:00:00Z',
  image: 'curvebs:1.2',
  state: 'Running',
  phase: 'format',
  ready: { status: 'Unknown', reason: 'NotCheckedYet', message: 'the cluster was not checked yet' },
  operation: {
    id: 'op',
    generation: 1,
    attempt: 1,
    state: 'Running',
    message: '',
    started: '2026-11-22T12:00:00Z',
  },
  phases: [
    phase('preflight', {
      state: 'Done',
      nodes: { done: 3, total: 3 },
      started: '2026-11-22T12:00:00Z',
      finished: '2026-11-22T12:00:04Z',
      message: 'nothing in the way',
    }),
    phase('format', {
      state: 'Running',
      nodes: { done: 1, total: 3 },
      started: '2026-11-22T12:00:10Z',
      blocked: ['node3'],
      percent: 45,
      waitingFor: ['node3: does not answer', 'node2: mkfs.ext4 on /dev/vdd'],
      work: [
        { what: 'format disks', node: 'node2', state: 'running', attempt: 2, lastError: 'DeviceBusy: …' },
      ],
    }),
    phase('physicalPool'),
    phase('snapshotclone', { state: 'Skipped', message: 'not enabled in the spec' }),
  ],
  conditions: [],
  stale: false,
  links: { self: '/s', events: '/e', retry: '/r', temporalUi: 'http://ui/op' },
  ...more,
});

test('a cluster that is built shows phases, who holds it up, what is tried again and what is waited for', () => {
  expect(clusterScreen(cluster(), OPTIONS).join('\n')).toMatchInlineSnapshot(`
    "my in curve   generation 1   Running   1m00s

        PHASE            STATE      NODES     TIME
      ✔ preflight        Done         3/3       4s  nothing in the way
      ⠋ format           Running      1/3      50s  ━━━━━━━━━───────────  45 %
          node2: attempt 2, before: DeviceBusy: …
          node3: does not answer
          node2: mkfs.ext4 on /dev/vdd
      · physical pool    Pending
      ↷ snapshotclone    Skipped                    not enabled in the spec

      Ready  Unknown  the cluster was not checked yet
      Temporal UI  http://ui/op"
  `);
});

test('a failed cluster says why and what to do', () => {
  const failed = cluster({
    state: 'Failed',
    operation: { id: 'op', generation: 1, attempt: 2, state: 'Failed', message: 'DiskRefused: it holds LVM' },
    phases: [
      phase('format', {
        state: 'Failed',
        lastError: 'DiskRefused: it holds LVM',
        nodes: { done: 0, total: 3 },
      }),
    ],
  });
  expect(clusterScreen(failed, OPTIONS).join('\n')).toMatchInlineSnapshot(`
    "my in curve   generation 1, attempt 2   Failed

        PHASE            STATE      NODES     TIME
      ✘ format           Failed       0/3           DiskRefused: it holds LVM

      Ready  Unknown  the cluster was not checked yet

      DiskRefused: it holds LVM
      next: correct the cause
      then: keelson retry my -n curve  (or apply the corrected manifest)
      Temporal UI  http://ui/op"
  `);
});

test('failures of several nodes stand on a line each, and so do their next steps', () => {
  const message = 'NodesFailed: node1: port 6700 is taken\nnode2: /dev/vdc holds LVM';
  const next = 'node1: stop it\nnode2: name another disk';
  const failed = cluster({
    state: 'Failed',
    operation: { id: 'op', generation: 1, attempt: 1, state: 'Failed', message, next },
    phases: [phase('preflight', { state: 'Failed', lastError: message, next })],
  });
  expect(clusterScreen(failed, OPTIONS).slice(3).join('\n')).toMatchInlineSnapshot(`
    "  ✘ preflight        Failed                     NodesFailed: node1: port 6700 is taken; node2: /dev/vdc holds LVM

      Ready  Unknown  the cluster was not checked yet

      NodesFailed: node1: port 6700 is taken
      node2: /dev/vdc holds LVM
      next: node1: stop it
            node2: name another disk
      then: keelson retry my -n curve  (or apply the corrected manifest)
      Temporal UI  http://ui/op"
  `);
  expect(outcomeOf(failed)?.message).toBe(`curve/my failed: ${message}\nnext: ${next}`);
});

test('what is tried again tells what a person could do, once for all nodes', () => {
  const work = ['node1', 'node2'].map((node) => ({
    what: 'format disks',
    node,
    state: 'retrying' as const,
    attempt: 2,
    lastError: 'mkfs failed',
    next: 'look at the disk',
  }));
  const lines = phaseLines(
    { phases: [phase('format', { state: 'Running', work })] },
    { ...OPTIONS, details: 9 },
  );
  expect(lines.slice(2).map((l) => l.trim())).toEqual([
    'node1: attempt 2, before: mkfs failed',
    'node2: attempt 2, before: mkfs failed',
    'next: look at the disk',
  ]);
});

test('an error of several lines is one line of the picture: more would be repainted in the wrong place', () => {
  const words = 'mkfs.ext4 failed:\n  device is busy\r\n\n';
  const screen = (state: PhaseAnswer['state']): readonly string[] =>
    clusterScreen(
      cluster({
        phases: [
          phase('format', {
            state,
            lastError: words,
            waitingFor: [words],
            work: [{ what: 'format disks', state: 'retrying', attempt: 2, lastError: words }],
          }),
        ],
        ready: { status: 'False', reason: 'EtcdUnhealthy', message: words },
        stale: true,
        staleReason: words,
      }),
      OPTIONS,
    );
  for (const line of [...screen('Failed'), ...screen('Running')]) expect(line).not.toMatch(/[\r\n]/);
  expect(screen('Failed')[4]).toMatch(/mkfs\.ext4 failed: device is busy$/);
  const [, row] = clusterTable([cluster({ message: words })], { now: NOW, wide: true });
  expect(row).toMatch(/mkfs\.ext4 failed: device is busy$/);
});

test('what is only remembered says so', () => {
  const stale = clusterScreen(
    cluster({ stale: true, staleReason: 'Temporal could not be reached' }),
    OPTIONS,
  );
  expect(stale[1]).toBe('  as remembered by the resource: Temporal could not be reached');
});

test('details that do not fit are counted', () => {
  const waitingFor = Array.from({ length: 9 }, (_, i) => `node${i}: x`);
  const lines = phaseLines({ phases: [phase('format', { state: 'Running', waitingFor })] }, OPTIONS);
  expect(lines.slice(2).map((l) => l.trim())).toEqual(['node0: x', 'node1: x', 'and 7 more']);
});

test('a list looks as kubectl lists things', () => {
  const options = { now: NOW, wide: false };
  expect(clusterTable([cluster(), cluster({ name: 'another-one', state: 'Succeeded' })], options).join('\n'))
    .toMatchInlineSnapshot(`
    "NAMESPACE   NAME          READY     STATE       PHASE    GENERATION   AGE
    curve       my            Unknown   Running     format   1            1h01m
    curve       another-one   Unknown   Succeeded   format   1            1h01m"
  `);
});

test('a list of two systems says which is whose', () => {
  const options = { now: NOW, wide: false };
  const items = [cluster(), cluster({ system: 'local', namespace: 'volumes', name: 'pool' })];
  expect(clusterTable(items, options).map((line) => line.split(/ +/).slice(0, 3))).toEqual([
    ['SYSTEM', 'NAMESPACE', 'NAME'],
    ['curve', 'curve', 'my'],
    ['local', 'volumes', 'pool'],
  ]);
});

describe('a plan', () => {
  const plan: PlanAnswer = {
    possible: true,
    warnings: [],
    problems: [],
    nodes: [{ node: 'node1', ip: '10.0.0.1', answered: true, disks: [] }],
    instances: [],
    details: { folder: '/data on 1 node' },
    objects: [{ kind: 'ConfigMap', name: 'my-settings' }],
  };

  test('without disks and daemons shows no empty table and speaks of no disk', () => {
    expect(planLines(plan, plain, false)).toEqual([
      'folder: /data on 1 node',
      'objects 1 ConfigMap',
      '',
      '✔ possible: nothing was changed',
    ]);
  });

  test('has a column for whatever its system counts on a disk', () => {
    const disk = { device: '/dev/vdc', mountPath: '/data', action: 'format', why: 'empty' } as const;
    const disks = [{ ...disk, amounts: { chunks: 12 } }, disk];
    const [head, first, second] = planLines(
      { ...plan, nodes: [{ node: 'node1', ip: '', answered: true, disks }] },
      plain,
      false,
    );
    const cells = [head, first, second].map((line) => line?.split(/ +/).slice(3, 7));
    expect(cells).toEqual([
      ['SIZE', 'MOUNT', 'CHUNKS', 'ACTION'],
      ['-', '/data', '12', 'format'],
      ['-', '/data', '-', 'format'],
    ]);
  });
});

test('plain lines tell what happened, and how far the rest is', () => {
  const line = transitionLine({
    operation: 'op',
    sequence: 3,
    time: '2026-11-22T12:00:10.123Z',
    phase: 'physicalPool',
    state: 'Blocked',
    message: 'node3 not answering',
  });
  expect(line).toBe('12:00:10  physical pool   Blocked    node3 not answering');
  expect(progressLine(cluster(), NOW)).toBe('12:01:00  format 1/3 45 % (node3: does not answer)');
  expect(progressLine(cluster({ phases: [] }), NOW)).toBe('');
});

test('a problem names each violation with what would be right', () => {
  const problem = new Problem('ManifestInvalid', {
    subject: 'CurveCluster curve/my',
    detail: 'spec.storage.copySets: must be at least 1',
    next: 'correct the fields that are named',
    violations: [
      { path: 'spec.storage.copySets', value: 0, message: 'must be at least 1', next: 'use 100' },
      {
        path: 'spec.snapShotClone.s3Config.sk',
        message: 'keys are not accepted here',
        next: 'name a Secret',
      },
    ],
  });
  expect(problemLines(problemDocument(problem)).join('\n')).toMatchInlineSnapshot(`
    "The manifest breaks rules (ManifestInvalid): CurveCluster curve/my
      spec.storage.copySets = 0
          must be at least 1
          → use 100
      spec.snapShotClone.s3Config.sk
          keys are not accepted here
          → name a Secret
    next: correct the fields that are named"
  `);
});

describe('words', () => {
  test.each([
    [0, '0s'],
    [59_999, '59s'],
    [65_000, '1m05s'],
    [3_600_000, '1h00m'],
    [100_800_000, '1d4h'],
    [-5, '0s'],
  ])('%i ms are %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });

  test.each([
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['10m', 600_000],
    ['', undefined],
    ['10', undefined],
    ['m', undefined],
    ['5x', undefined],
  ])('"%s" is %s ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each([
    [0, '0 B'],
    [1_536, '1.5 KiB'],
    [2 * 1_024 ** 3, '2 GiB'],
    [20 * 1_024 ** 3 + 5e8, '20 GiB'],
  ])('%i bytes are %s', (count, text) => {
    expect(bytes(count)).toBe(text);
  });
});

test('a line is cut to what fits, colours kept and closed', () => {
  const coloured = '\u001B[31mred and long\u001B[39m tail';
  const short = cut(coloured, 6);
  expect(stripVTControlCharacters(short)).toBe('red a…');
  expect(visible(short)).toBe(6);
  expect(short.endsWith('\u001B[0m')).toBe(true);
  expect(cut(coloured, 80)).toBe(coloured);
  expect(cut('plain text', 5)).toBe('plai…');
});
