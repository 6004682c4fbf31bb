import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Disk } from '../../../src/disks/facts.ts';
import { endNodeWatch, resumeNodeWatch, startNodeWatch, viewNode } from '../../../src/requests/nodes.ts';
import { devicesQuery, nodeState, nodeSubscription, type NodeView } from '../../../src/workflows/messages.ts';
import { controlWorkers } from '../../support/control-workers.ts';
import { INSTALLATION, probeQueue } from '../../support/curve-ids.ts';
import { eventually } from '../../support/eventually.ts';
import { tcpProxy } from '../../support/tcp-proxy.ts';
import { startTemporal, withWorkers, workflowBundle } from '../../support/temporal.ts';
import { World } from '../../support/world.ts';

let temporal: TestWorkflowEnvironment;
let world: World;
let node: string;

beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(() => temporal.teardown());
beforeEach(() => {
  node = `n-${randomUUID().slice(0, 8)}`;
  world = new World([node]);
});

const ours = () => ({ client: temporal.client, installation: INSTALLATION });
const handle = (): WorkflowHandle => temporal.client.workflow.getHandle(`${INSTALLATION}/nodes/${node}`);
const view = (): Promise<NodeView> => handle().query(devicesQuery);
const events = async (): Promise<number> => (await handle().describe()).historyLength;
const answering = (answered: boolean, withinMs = 30_000) =>
  eventually(`it ${answered ? 'answers' : 'is silent'}`, view, (v) => v.answered === answered, withinMs);

const control = async (maxCachedWorkflows = 0): Promise<readonly Worker[]> =>
  controlWorkers({
    connection: temporal.nativeConnection,
    activities: world.control(),
    // Every workflow task replays the whole history: what is not deterministic shows itself.
    workflows: { workflowBundle: await workflowBundle(), maxCachedWorkflows },
  });
const nodeWorker = (connection = temporal.nativeConnection): Promise<Worker> =>
  Worker.create({
    connection,
    taskQueue: probeQueue(node),
    activities: world.node(node),
    maxHeartbeatThrottleInterval: '1s',
  });

const disk = (path: string): Disk => ({
  path,
  device: path,
  sizeBytes: 1,
  type: 'disk',
  identity: { kind: 'serial', value: path, sizeBytes: 1 },
  findings: [],
});

test('who asks first starts the watch and gets its answer; who asks later gets it at once, also of a new disk', async () => {
  await withWorkers([...(await control()), await nodeWorker()], async () => {
    const [one, two] = await Promise.all([viewNode(ours(), node), viewNode(ours(), node)]);
    expect(one).toMatchObject({ node, answered: true, disks: [{ path: '/dev/vdc' }], version: 'test' });
    expect(two).toEqual(one);
    expect(world.count('watchNode')).toBeLessThanOrEqual(2);

    const before = await events();
    const asked = performance.now();
    await viewNode(ours(), node);
    expect(performance.now() - asked).toBeLessThan(1_000);
    expect(await events()).toBe(before);

    world.report(node, { disks: [disk('/dev/vdc'), disk('/dev/vdd')] });
    await eventually('the new disk is listed', view, ({ disks }) => disks?.length === 2, 10_000);
  });
});

test('a quiet node adds no event: everything waits on one activity, which is in words', async () => {
  await withWorkers([...(await control()), await nodeWorker()], async () => {
    await viewNode(ours(), node);
    await eventually(
      'it watches',
      async () => world.count('watchNode'),
      (n) => n === 2,
      10_000,
    );
    const before = await events();
    world.report(node, {});
    world.report(node, {});
    await viewNode(ours(), node);
    expect(await events()).toBe(before);
    const { raw } = await handle().describe();
    expect(raw.pendingActivities?.map((a) => a.activityType?.name)).toEqual(['watchNode']);
    const { events: history } = await handle().fetchHistory();
    const silent = (history ?? []).filter(
      (e) => e.activityTaskScheduledEventAttributes && !e.userMetadata?.summary,
    );
    expect(silent).toEqual([]);
  });
});

test('a node that is cut off is known within 30 s; while it is away nothing is added, and it comes back by itself', async () => {
  const [host = '', port] = temporal.address.split(':');
  const proxy = await tcpProxy({ host, port: Number(port) });
  const cable = await NativeConnection.connect({ address: `127.0.0.1:${proxy.port}` });
  try {
    await withWorkers([...(await control()), await nodeWorker(cable)], async () => {
      const answered = await viewNode(ours(), node);
      proxy.freeze();
      const silent = await answering(false);
      expect(silent.disks).toEqual(answered.disks);
      expect(Date.parse(silent.since ?? '')).toBeGreaterThan(Date.parse(answered.since ?? ''));
      const before = await events();
      // What a day brings: nothing that counts time.
      const { raw } = await handle().describe();
      expect(raw.pendingActivities).toHaveLength(1);
      expect((await handle().fetchHistory()).events?.filter((e) => e.timerStartedEventAttributes)).toEqual(
        [],
      );
      world.report(node, { disks: [] });
      proxy.thaw();
      proxy.reset();
      expect((await answering(true, 60_000)).disks).toEqual([]);
      expect((await events()) - before).toBeLessThan(50);
    });
  } finally {
    await cable.close();
    await proxy.end();
  }
});

test('a node that never answered is named within 30 s, and who asks is told', async () => {
  await withWorkers(await control(), async () => {
    const asked = performance.now();
    expect(await viewNode(ours(), node)).toMatchObject({ answered: false });
    expect(performance.now() - asked).toBeLessThan(30_000);
  });
});

test('a node worker that is rolled never makes its node silent', async () => {
  const watched = (times: number) =>
    eventually(
      'it watches',
      async () => world.count('watchNode'),
      (n) => n === times,
      20_000,
    );
  await withWorkers(await control(), async () => {
    const before = await withWorkers([await nodeWorker()], async () => {
      const answered = await viewNode(ours(), node);
      await watched(2);
      return answered;
    });
    await withWorkers([await nodeWorker()], async () => {
      await watched(4);
      expect(await view()).toEqual(before);
    });
  });
});

test('a node that left Kubernetes is watched no longer; one that comes back meanwhile is', async () => {
  await withWorkers([...(await control()), await nodeWorker()], async () => {
    expect(await startNodeWatch(ours(), node)).toBe(true);
    expect(await startNodeWatch(ours(), node)).toBe(false);
    await answering(true);
    await endNodeWatch(ours(), node);
    await handle().result();
    await endNodeWatch(ours(), node);

    expect(await startNodeWatch(ours(), node)).toBe(true);
    await endNodeWatch(ours(), node);
    await resumeNodeWatch(ours(), node);
    expect(await viewNode(ours(), node)).toMatchObject({ answered: true });
    expect((await handle().describe()).status.name).toBe('RUNNING');
  });
});

test('two subscribers are told each change, one that has ended is forgotten', async () => {
  const start = async (name: string) => {
    const workflowId = `${INSTALLATION}/subscriber/${name}-${node}`;
    await temporal.client.workflow.start('nodeWatch', {
      workflowId,
      taskQueue: 'nobody',
      args: [{ node: name }],
    });
    return temporal.client.workflow.getHandle(workflowId);
  };
  const told = async (subscriber: WorkflowHandle): Promise<readonly unknown[]> =>
    ((await subscriber.fetchHistory()).events ?? []).flatMap((e) => {
      const { signalName, input } = e.workflowExecutionSignaledEventAttributes ?? {};
      if (signalName !== nodeState.name) return [];
      return [JSON.parse(Buffer.from(input?.payloads?.[0]?.data ?? '').toString()) as unknown];
    });
  await withWorkers([...(await control()), await nodeWorker()], async () => {
    await startNodeWatch(ours(), node);
    const [one, two] = await Promise.all([start('one'), start('two')]);
    const subscribers = [one, two];
    const subscribe = (subscriber: WorkflowHandle, wanted: boolean) =>
      handle().signal(nodeSubscription, { subscriber: subscriber.workflowId, wanted });
    for (const subscriber of subscribers) await subscribe(subscriber, true);
    for (const subscriber of subscribers)
      await eventually(
        'it is told how the node is',
        () => told(subscriber),
        (t) => t.length === 1,
        20_000,
      );

    const mounts = [{ clusterId: 'c', mountPath: '/data', fsUuid: 'u' }];
    world.report(node, { mounts });
    for (const subscriber of subscribers)
      await eventually(
        'it is told the change',
        () => told(subscriber),
        (t) => t.length === 2,
        20_000,
      );
    expect((await told(one))[1]).toMatchObject({ node, answered: true, mounts });

    await subscribe(two, false);
    await one.terminate();
    world.report(node, { mounts: [] });
    await eventually('it is known', view, (v) => v.mounts?.length === 0, 20_000);
    await eventually('the ended one is asked once', events, () => true, 1_000);
    expect(await told(two)).toHaveLength(2);
    await two.terminate();
  });
});

test('many changes do not pile up: it goes on in a new execution, with what is known and who is told', async () => {
  const short = await startTemporal(['limit.historyCount.suggestContinueAsNew=30']);
  try {
    const { client, nativeConnection: connection } = short;
    const workers = [
      ...(await controlWorkers({ connection, activities: world.control() })),
      await Worker.create({ connection, taskQueue: probeQueue(node), activities: world.node(node) }),
    ];
    await withWorkers(workers, async () => {
      const there = { client, installation: INSTALLATION };
      await viewNode(there, node);
      const watch = client.workflow.getHandle(`${INSTALLATION}/nodes/${node}`);
      const first = (await watch.describe()).runId;
      for (let i = 0; i < 12; i++) {
        world.report(node, { disks: [disk(`/dev/vd${i}`)] });
        await eventually(
          'it is told',
          () => viewNode(there, node),
          ({ disks }) => disks?.[0]?.path === `/dev/vd${i}`,
          10_000,
        );
      }
      const { runId, historyLength } = await watch.describe();
      expect(runId).not.toBe(first);
      expect(historyLength).toBeLessThan(60);
    });
  } finally {
    await short.teardown();
  }
});
