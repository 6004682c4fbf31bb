import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Worker } from '@temporalio/worker';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FormatDisksInput, NodeActivities, Progress } from '../../../src/activities/node/contract.ts';
import { eventually } from '../../support/eventually.ts';
import { CLUSTER, goalOf, hashSeed, identityNow, look, mkfsRuns, targetOf } from '../../support/format.ts';
import { HeldTool } from '../../support/held-tool.ts';
import { FailpointServer } from '../../support/failpoint-server.ts';
import { startTemporal } from '../../support/temporal.ts';
import { TestNode } from '../../support/test-node.ts';
import type { callNode } from './call-node.ts';
import { nodeQueue, probeQueue, INSTALLATION } from '../../support/curve-ids.ts';

const NODE_WORKER = fileURLToPath(new URL('../../../src/workers/node.ts', import.meta.url));

let temporal: TestWorkflowEnvironment;
let caller: Worker;
let calling: Promise<void>;
let node: TestNode;
let processes: NodeWorker[];

beforeAll(async () => {
  temporal = await startTemporal();
  caller = await Worker.create({
    connection: temporal.nativeConnection,
    taskQueue: 'test',
    workflowsPath: fileURLToPath(new URL('call-node.ts', import.meta.url)),
    bundlerOptions: { logger: new DefaultLogger('ERROR') } as object,
  });
  calling = caller.run();
});
afterAll(async () => {
  caller.shutdown();
  await calling;
  await temporal.teardown();
});
beforeEach(async () => {
  node = await TestNode.create({ disks: 2 });
  processes = [];
});
afterEach(async () => {
  await Promise.all(processes.map((p) => p.kill()));
  await node.remove();
});

/** The real program of the node worker, as the DaemonSet starts it. */
class NodeWorker {
  readonly #process;
  readonly ended: Promise<{ exitCode: number | undefined; log: string }>;
  #healthPort: number | undefined;
  log = '';

  constructor(env: Record<string, string> = {}) {
    this.#process = execa(process.execPath, [NODE_WORKER], {
      reject: false,
      stdin: 'ignore',
      all: true,
      // Its own group, so that a test can take the whole of it away as a container's end does.
      detached: true,
      env: {
        NODE_NAME: 'node-1',
        KEELSON_INSTALLATION: INSTALLATION,
        TEMPORAL_ADDRESS: temporal.address,
        KEELSON_HOST_ROOT: node.host.root,
        KEELSON_HOST_DEV: node.host.dev,
        ...env,
      },
    });
    this.#process.all?.on('data', (text: Buffer) => {
      this.log += text.toString();
      this.#healthPort ??= Number(/"healthPort":(\d+)/.exec(this.log)?.[1] ?? 0) || undefined;
    });
    this.ended = this.#process.then(({ exitCode }) => ({ exitCode, log: this.log }));
    processes.push(this);
  }

  /** Waits until the worker takes work; answers its health address. */
  async ready(): Promise<string> {
    const port = await eventually('the worker takes work', async () => this.#healthPort, Boolean, 60_000);
    return `http://127.0.0.1:${port}`;
  }

  stop(): void {
    this.#process.kill('SIGTERM');
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.ended;
  }
}

async function start<N extends keyof NodeActivities>(
  queue: string,
  activity: N,
  ...args: Parameters<NodeActivities[N]>
) {
  return temporal.client.workflow.start<typeof callNode<N>>('callNode', {
    workflowId: `${activity}-${randomUUID()}`,
    taskQueue: 'test',
    args: [queue, activity, args],
  });
}

async function planned(): Promise<FormatDisksInput> {
  const disks = await Promise.all(
    node.disks.map(async (disk, i) => {
      const mountPath = `/data/chunkserver${i}`;
      const identity = await identityNow(node.host, goalOf(node.host, disk, { mountPath }));
      return { ...targetOf({ device: disk.path, mountPath }), identity };
    }),
  );
  return { clusterId: CLUSTER, node: 'node-1', disks };
}

const stages = () =>
  Promise.all(
    node.disks.map(async (disk, i) => {
      const goal = goalOf(node.host, disk, { mountPath: `/data/chunkserver${i}` });
      return (await look(node.host, goal)).stage;
    }),
  );

const hashSeeds = () => Promise.all(node.disks.map((disk) => hashSeed(disk.loop)));

test('it is ready when it takes work, answers probes, formats disks and tells how far it is', async () => {
  const worker = new NodeWorker();
  const health = await worker.ready();
  expect((await fetch(`${health}/healthz`)).status).toBe(200);
  expect((await fetch(`${health}/readyz`)).status).toBe(200);

  const probe = await (await start(probeQueue('node-1'), 'probeNode')).result();
  expect(probe).toMatchObject({ node: 'node-1' });

  const done = await (await start(nodeQueue('node-1'), 'formatDisks', await planned())).result();
  expect(done.map((d) => d.formatted)).toEqual([true, true]);
  expect(await stages()).toEqual(['ready', 'ready']);
  expect(await mkfsRuns(node.host)).toBe(2);

  const metrics = await (await fetch(`${health}/metrics`)).text();
  expect(metrics).toMatch(/keelson_node_own_mounts\{outcome="failed"\} 0/);
  expect(metrics).toMatch(/temporal_.*activity/);

  worker.stop();
  expect(await worker.ended).toMatchObject({ exitCode: 0 });
});

test('people see in the pending activity which mkfs runs', async () => {
  const held = await HeldTool.wrap(node.host, 'mkfs.ext4', 'before');
  await new NodeWorker({ PATH: held.host.toolPath }).ready();
  const input = await planned();
  const handle = await start(nodeQueue('node-1'), 'formatDisks', {
    ...input,
    disks: input.disks.slice(0, 1),
  });
  await held.reached();
  const seen = await eventually(
    'the heartbeat names the step',
    async () => {
      const { raw } = await handle.describe();
      const details = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0]?.data;
      return details ? (JSON.parse(Buffer.from(details).toString()) as Progress) : undefined;
    },
    (progress) => progress?.waitingFor.startsWith('mkfs.ext4') ?? false,
    20_000,
  );
  expect(seen).toEqual({ done: 0, total: 1, waitingFor: `mkfs.ext4 on ${input.disks[0]?.device}` });
  await held.letGo();
  await handle.result();
  await held.remove();
});

describe('killed with -9 at a failpoint, the next worker goes on', () => {
  test.for(['before', 'after'] as const)('%s the effect of formatDisks', async (when) => {
    const hold = await FailpointServer.start('127.0.0.1');
    const fault = hold.expect({ activity: 'formatDisks', when });
    const first = new NodeWorker({ KEELSON_FAILPOINT_URL: hold.url });
    await first.ready();
    const handle = await start(nodeQueue('node-1'), 'formatDisks', await planned());
    const arrival = await fault.reached(60_000);
    expect(arrival.point).toMatchObject({
      attempt: 1,
      taskQueue: nodeQueue('node-1'),
      workflowId: handle.workflowId,
    });
    await first.kill();
    await arrival.gone;
    const seeds = when === 'after' ? await hashSeeds() : 'random';

    await new NodeWorker({ KEELSON_FAILPOINT_URL: hold.url }).ready();
    const done = await handle.result();
    expect(done.map((d) => d.formatted)).toEqual(when === 'before' ? [true, true] : [false, false]);
    expect([await hashSeeds(), 'random']).toContainEqual(seeds);
    expect(await stages()).toEqual(['ready', 'ready']);
    expect(await mkfsRuns(node.host)).toBe(2);
    hold.allReached();
    await hold.end();
  });
});

test('a failpoint can be held for longer than the heartbeat timeout, and the attempt stays the first', async () => {
  const hold = await FailpointServer.start('127.0.0.1');
  const fault = hold.expect({ activity: 'formatDisks', when: 'before' });
  await new NodeWorker({ KEELSON_FAILPOINT_URL: hold.url }).ready();
  const handle = await start(nodeQueue('node-1'), 'formatDisks', await planned());
  const arrival = await fault.reached(60_000);
  // Longer than the heartbeat timeout of ten seconds: what is proved is that it does not strike.
  const heldSince = Date.now();
  const description = await eventually(
    'the hold outlasts the heartbeat timeout',
    () => handle.describe(),
    () => Date.now() - heldSince > 12_000,
    30_000,
  );
  expect(description.raw.pendingActivities?.[0]?.attempt).toBe(1);
  arrival.release();
  expect((await handle.result()).length).toBe(2);
  await hold.end();
});

test('SIGTERM during mkfs: the mkfs ends, the process ends, the next worker finds its work', async () => {
  const held = await HeldTool.wrap(node.host, 'mkfs.ext4', 'before');
  const first = new NodeWorker({ PATH: held.host.toolPath });
  await first.ready();
  const input = await planned();
  const handle = await start(nodeQueue('node-1'), 'formatDisks', {
    ...input,
    disks: input.disks.slice(0, 1),
  });
  await held.reached();
  first.stop();
  await eventually(
    'the worker drains',
    async () => first.log,
    (log) => log.includes('DRAINING'),
    20_000,
  );
  await held.letGo();
  expect((await first.ended).exitCode).toBe(0);
  await new NodeWorker().ready();
  expect((await handle.result()).map((d) => d.formatted)).toEqual([false]);
  expect(await mkfsRuns(node.host)).toBe(1);
  await held.remove();
});

test('after a reboot the disks are mounted again before any work is taken, with Temporal still away', async () => {
  const first = new NodeWorker();
  await first.ready();
  await (await start(nodeQueue('node-1'), 'formatDisks', await planned())).result();
  await first.kill();
  await node.reboot();
  expect(await stages()).toEqual(['formatted', 'formatted']);
  const lonely = new NodeWorker({ TEMPORAL_ADDRESS: '127.0.0.1:1' });
  await eventually('both are mounted', stages, (s) => s.every((stage) => stage === 'ready'), 60_000);
  await eventually(
    'it says so',
    async () => lonely.log,
    (log) => log.includes('a disk of ours is mounted'),
    20_000,
  );
  lonely.stop();
  expect((await lonely.ended).exitCode).toBe(0);
});
