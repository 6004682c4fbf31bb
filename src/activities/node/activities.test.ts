import { MockActivityEnvironment } from '@temporalio/testing';
import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { DefaultLogger } from '@temporalio/worker';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { CLUSTER, mkfsRuns, targetOf } from '../../../test/support/format.ts';
import { HeldTool } from '../../../test/support/held-tool.ts';
import { type TestDisk, TestNode } from '../../../test/support/test-node.ts';
import { fsUuidOf } from '../../disks/fs-uuid.ts';
import { auditPath } from '../../node/format/audit.ts';
import { createCurveNodeActivities } from '../curve/node/activities.ts';
import { createNodeActivities } from './activities.ts';
import type { FormatDisksInput, NodeActivities, NodeFilesystems, NodeReport, Progress } from './contract.ts';
import type { CurveNodeActivities, PoolProgress } from '../curve/contract.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let node: TestNode;
type All = NodeActivities & CurveNodeActivities;

let activities: All;
let env: MockActivityEnvironment;
let beats: unknown[];

beforeEach(async () => {
  node = await TestNode.create({ disks: 2 });
  activities = {
    ...createNodeActivities({ host: node.host, version: '1.2.3' }),
    ...createCurveNodeActivities({ host: node.host }),
  };
  newEnvironment();
});
afterEach(() => node.remove());

function newEnvironment(attempt = 1): void {
  env = new MockActivityEnvironment({ attempt }, { logger: new DefaultLogger('ERROR') });
  beats = [];
  env.on('heartbeat', (details: unknown) => beats.push(details));
}

/** Runs one activity in the environment of this test, which forgets what an activity answers. */
const runOn = <N extends keyof All>(
  worker: Pick<All, N>,
  name: N,
  ...args: Parameters<All[N]>
): ReturnType<All[N]> => {
  const activity = worker[name] as (...args: unknown[]) => Promise<never>;
  return env.run(() => activity(...args)) as ReturnType<All[N]>;
};

const run = <N extends keyof All>(name: N, ...args: Parameters<All[N]>) => runOn(activities, name, ...args);

const targets = (disks: readonly TestDisk[] = node.disks): NodeFilesystems => ({
  clusterId: CLUSTER,
  node: 'node-1',
  disks: disks.map((disk, i) => targetOf({ device: disk.path, mountPath: `/data/chunkserver${i}` })),
});

/** As the workflow does it: what the look recorded goes into the order to format. */
async function planned(): Promise<FormatDisksInput> {
  const states = await run('inspectDisks', targets());
  const input = targets();
  return {
    ...input,
    disks: input.disks.map((disk, i) => {
      const identity = states[i]?.stage === 'empty' ? states[i].disk.identity : undefined;
      return { ...disk, ...(identity === undefined ? {} : { identity }) };
    }),
  };
}

const failureOf = async (work: Promise<unknown>): Promise<ApplicationFailure> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApplicationFailure);
  return error as ApplicationFailure;
};

describe('looking', () => {
  test('a probe names node, boot and version', async () => {
    expect(await run('probeNode')).toEqual({
      node: 'node-1',
      bootId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      version: '1.2.3',
    });
  });

  test('an attendance heartbeats until it is cancelled', async () => {
    const attending = run('watchLiveness');
    await eventually(
      'two heartbeats',
      async () => beats.length,
      (n) => n >= 2,
      20_000,
    );
    env.cancel('NOT_FOUND');
    await expect(attending).rejects.toBeInstanceOf(CancelledFailure);
  });

  test('devices are listed by their stable names, with the reasons why they cannot be used', async () => {
    await execa('mkswap', [node.disks[1]?.loop ?? '']);
    const { disks } = await run('watchNode', {});
    expect(disks?.map((d) => [d.path, d.findings.map((f) => f.kind)])).toEqual([
      [node.disks[0]?.path, []],
      [node.disks[1]?.path, ['signature']],
    ]);
  });

  test('a disk on which somebody works is listed at once, and says so', async () => {
    const input = await planned();
    const held = await HeldTool.wrap(node.host, 'mkfs.ext4', 'before');
    const slow = createNodeActivities({ host: held.host, version: '' });
    const formatting = runOn(slow, 'formatDisks', { ...input, disks: input.disks.slice(0, 1) });
    await held.reached();
    const { disks: [busy] = [] } = await run('watchNode', {});
    expect(busy?.findings).toEqual([
      { kind: 'in-use', detail: expect.stringContaining('locked by a process that works on it') as string },
    ]);
    await held.letGo();
    await formatting;
    await held.remove();
  });

  test('disks that stay without a file system are empty or refused, and wanted at no mount path', async () => {
    await execa('mkswap', [node.disks[1]?.loop ?? '']);
    const use = { kind: 'raw', minBytes: 1 } as const;
    const input = {
      clusterId: CLUSTER,
      node: 'node-1',
      disks: node.disks.map((disk) => ({ device: disk.path, use })),
    };
    const states = await run('inspectDisks', input);
    expect(states.map((s) => [s.disk.path, s.stage, s.disk.findings.map((f) => f.kind)])).toEqual([
      [node.disks[0]?.path, 'empty', []],
      [node.disks[1]?.path, 'refused', ['signature']],
    ]);
    const found = await run('inspectNode', {
      ...input,
      dataDir: { path: '/curvebs/k8s', daemons: 'data' },
      ports: [],
    });
    expect(found).toEqual({ ports: [], leftovers: [], disks: states });
  });

  test('ports that are free are not told; a taken one names its owner', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const claim = { port, ip: '127.0.0.1', service: 'mds a' };
    const free = { port: 1, ip: '127.0.0.1', service: 'mds b' };
    const found = await run('inspectNode', {
      ...targets(),
      dataDir: { path: '/curvebs/k8s', daemons: 'data' },
      ports: [claim, free],
    });
    expect(found).toMatchObject({
      // The test itself is no process of the node.
      ports: [{ ...claim, by: 'a process that cannot be seen', ours: false }],
      leftovers: [],
      disks: [{ stage: 'empty' }, { stage: 'empty' }],
    });
    server.close();
  });
});

describe('watching the node', () => {
  type Watching = Promise<NodeReport>;
  /** Ends when the watch has settled down: it has looked, and found what is known. */
  const watching = async (known: string): Promise<{ readonly next: Watching }> => ({
    next: run('watchNode', { known }),
  });
  const kinds = ({ disks = [] }: NodeReport) =>
    node.disks.map(({ path }) => disks.find((d) => d.path === path)?.findings.map((f) => f.kind));

  test('a new disk is told within 10 s, and nothing is told while nothing changes', async () => {
    const { fingerprint } = await run('watchNode', {});
    const { next } = await watching(fingerprint);
    let told = false;
    void next.then(() => (told = true));
    await eventually(
      'it has looked again',
      async () => beats.length,
      (n) => n >= 2,
      20_000,
    );
    expect(told).toBe(false);
    const disk = await node.addDisk();
    const added = performance.now();
    const { disks } = await next;
    expect(performance.now() - added).toBeLessThan(10_000);
    expect(disks?.map((d) => d.path)).toContain(disk.path);
  });

  test('what changed while no worker ran is told at once', async () => {
    const { fingerprint } = await run('watchNode', {});
    await execa('mkswap', [node.disks[1]?.loop ?? '']);
    expect(kinds(await (await watching(fingerprint)).next)).toEqual([[], ['signature']]);
  });

  test('a disk that somebody writes to is looked at again, although nothing else shows it', async () => {
    const { fingerprint } = await run('watchNode', {});
    const { next } = await watching(fingerprint);
    await eventually(
      'it has looked',
      async () => beats.length,
      (n) => n >= 2,
      20_000,
    );
    await execa('mkswap', [node.disks[0]?.loop ?? '']);
    expect(kinds(await next)).toEqual([['signature'], []]);
  });

  test('a disk of ours that is no longer mounted is told, with what its line in fstab says', async () => {
    const [done] = await run('formatDisks', await planned());
    const { fingerprint } = await run('watchNode', {});
    const { next } = await watching(fingerprint);
    await execa('umount', [node.at('/data/chunkserver0')]);
    const { mounts } = await next;
    expect(mounts?.[0]).toEqual({
      clusterId: CLUSTER,
      mountPath: '/data/chunkserver0',
      fsUuid: done?.fsUuid,
    });
  });

  test('a node that cannot list its disks answers with why, and with what it can tell', async () => {
    const bare = createNodeActivities({ host: { ...node.host, toolPath: '/nowhere' }, version: '' });
    const report = await runOn(bare, 'watchNode', {});
    expect(report).toMatchObject({
      mounts: [],
      trouble: expect.stringContaining('is not in the node worker') as string,
    });
    expect(report.disks).toBeUndefined();
  });
});

describe('formatting', () => {
  test('does all disks of the node and says how far it is', async () => {
    const done = await run('formatDisks', await planned());
    expect(done).toEqual(
      targets().disks.map(({ device, use }) => ({
        device,
        mountPath: use.mountPath,
        fsUuid: fsUuidOf(CLUSTER, 'node-1', device),
        formatted: true,
      })),
    );
    expect(beats).toContainEqual(expect.objectContaining({ done: 0, total: 2 }));
    const states = await run('inspectDisks', targets());
    expect(states.map((s) => s.stage)).toEqual(['ready', 'ready']);
    const { mounts } = await run('watchNode', {});
    expect(mounts).toEqual(
      done.map(({ mountPath, fsUuid }) => ({ clusterId: CLUSTER, mountPath, fsUuid, found: fsUuid })),
    );
    const repeated = await run('formatDisks', await planned());
    expect(repeated.map((d) => d.formatted)).toEqual([false, false]);
  });

  test('heartbeats while mkfs runs, and says which', async () => {
    const input = await planned();
    const held = await HeldTool.wrap(node.host, 'mkfs.ext4', 'before');
    const slow = createNodeActivities({ host: held.host, version: '' });
    beats.length = 0;
    const formatting = runOn(slow, 'formatDisks', { ...input, disks: input.disks.slice(0, 1) });
    await held.reached();
    const before = beats.length;
    await eventually(
      'two more heartbeats',
      async () => beats.length,
      (n) => n >= before + 2,
      30_000,
    );
    expect((beats.at(-1) as Progress).waitingFor).toBe(`mkfs.ext4 on ${input.disks[0]?.device}`);
    await held.letGo();
    await formatting;
    await held.remove();
  });

  test('one refused disk does not keep the other, and the failure names it and asks for a person', async () => {
    const input = await planned();
    await execa('mkfs.ext4', ['-q', '-L', 'payroll', node.disks[0]?.loop ?? '']);
    const failure = await failureOf(run('formatDisks', input));
    expect(failure).toMatchObject({ type: 'DiskRefused', nonRetryable: true });
    expect(failure.message).toContain('payroll');
    expect(failure.message).toContain('node-1');
    expect(failure.details).toMatchObject([
      { subject: input.disks[0]?.device, next: expect.stringContaining('name an empty disk') as string },
    ]);
    const states = await run('inspectDisks', targets());
    expect(states.map((s) => s.stage)).toEqual(['refused', 'ready']);
  });

  test('two disks that are refused for two reasons are told together, each with its own next step', async () => {
    const input = await planned();
    await execa('mkfs.ext4', ['-q', '-L', 'payroll', node.disks[0]?.loop ?? '']);
    const [, second] = input.disks;
    await mkdir(node.at(second?.use.mountPath ?? ''), { recursive: true });
    await writeFile(node.at(`${second?.use.mountPath ?? ''}/letters`), '');
    const failure = await failureOf(run('formatDisks', input));
    expect(failure).toMatchObject({
      type: 'DiskRefused',
      nonRetryable: true,
      message: expect.stringMatching(/payroll[^]*\n[^]*is not free/) as string,
      details: [
        {
          next: expect.stringMatching(/: name an empty disk[^]*\n[^]*: empty it or choose/) as string,
          parts: [{ subject: input.disks[0]?.device }, { subject: second?.use.mountPath }],
        },
      ],
    });
  });

  test('a cancellation during mkfs lets it end and is reported as a cancellation', async () => {
    const input = await planned();
    const held = await HeldTool.wrap(node.host, 'mkfs.ext4', 'before');
    const slow = createNodeActivities({ host: held.host, version: '' });
    const formatting = runOn(slow, 'formatDisks', { ...input, disks: input.disks.slice(0, 1) });
    await held.reached();
    env.cancel('CANCELLED');
    await held.letGo();
    await expect(formatting).rejects.toBeInstanceOf(CancelledFailure);
    await held.remove();
    newEnvironment(2);
    const done = await run('formatDisks', { ...input, disks: input.disks.slice(0, 1) });
    expect(done.map((d) => d.formatted)).toEqual([false]);
    expect(await mkfsRuns(node.host)).toBe(1);
  });

  test('a tool that is not there is told as that, and retrying is useless', async () => {
    const input = await planned();
    const bare = createNodeActivities({ host: { ...node.host, toolPath: '/nowhere' }, version: '' });
    const failure = await failureOf(runOn(bare, 'formatDisks', input));
    expect(failure).toMatchObject({ type: 'ToolMissing', nonRetryable: true });
  });

  test('without a record there is no write', async () => {
    const input = await planned();
    await mkdir(auditPath(node.host), { recursive: true });
    await expect(run('formatDisks', input)).rejects.toThrow('EISDIR');
    const states = await run('inspectDisks', targets());
    expect(states.map((s) => s.stage)).toEqual(['empty', 'empty']);
  });
});

describe('pools', () => {
  const POOL = '/data/chunkserver0/curve/chunkfilepool';
  const one = () => ({ ...targets(), disks: targets().disks.slice(0, 1) });

  beforeEach(async () => {
    await run('formatDisks', await planned());
    await mkdir(node.at(POOL));
  });

  test('are tracked while they grow, until the tracking is cancelled', async () => {
    const input = { ...one(), disks: one().disks.map((d) => ({ ...d, percentage: 30 })) };
    const last = () => Promise.resolve(beats.at(-1) as PoolProgress | undefined);
    const tracking = run('watchPools', input);
    await eventually('nothing yet', last, (p) => p?.disks?.[0]?.done === 0, 10_000);
    for (const name of ['1', '2', '3']) await writeFile(node.at(`${POOL}/${name}`), '');
    const grown = await eventually('three chunks', last, (p) => p?.disks?.[0]?.done === 3, 10_000);
    const total = grown?.total ?? 0;
    expect(total).toBeGreaterThan(6);
    expect(grown).toEqual({
      done: 3,
      total,
      waitingFor: `${input.disks[0]?.device} 3/${total} chunks`,
      disks: [{ device: input.disks[0]?.device, done: 3, total }],
    });
    env.cancel('CANCELLED');
    await expect(tracking).rejects.toBeInstanceOf(CancelledFailure);
  });

  test('are looked at and emptied', async () => {
    await writeFile(node.at(`${POOL}/1`), 'half a chunk');
    expect(await run('inspectPools', one())).toMatchObject([
      { mounted: true, meta: 'missing', chunks: 0, strays: 1, inUse: false },
    ]);
    await run('emptyPools', one());
    expect(await run('inspectPools', one())).toMatchObject([{ strays: 0 }]);
  });

  test('in use are refused with a code', async () => {
    await writeFile(node.at('/data/chunkserver0/curve/chunkserver.dat'), '');
    const failure = await failureOf(run('emptyPools', one()));
    expect(failure).toMatchObject({ type: 'PoolInUse', nonRetryable: true });
  });
});
