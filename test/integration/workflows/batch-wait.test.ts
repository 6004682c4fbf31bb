import { cancelled, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { NodesAwaited } from '../../../src/activities/control/contract.ts';
import type { NodesStep } from '../../../src/activities/curve/contract.ts';
import { layoutOf, type StorageNode } from '../../../src/systems/curve/layout.ts';
import { nodeBatchWorkflowId } from '../../../src/workflows/ids.ts';
import { apply } from '../../support/cluster-client.ts';
import { controlWorkers } from '../../support/control-workers.ts';
import { CONTROL_QUEUE, curveRef, entityWorkflowId } from '../../support/curve-ids.ts';
import { curveSpec } from '../../support/curve-spec.ts';
import { eventually } from '../../support/eventually.ts';
import { nodeWorkers } from '../../support/keelson.ts';
import { bundleOf, startTemporal, withWorkers } from '../../support/temporal.ts';
import { nodeComes, type waitingNodes } from '../../support/waiting-nodes.ts';
import { World } from '../../support/world.ts';

const NODES = ['node1', 'node2', 'node3', 'node4'];

let temporal: TestWorkflowEnvironment;
let world: World;
let waits: HeldWaits;
let attempt = 0;

beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(() => temporal.teardown());
beforeEach(() => {
  world = new World(NODES);
  waits = new HeldWaits();
});

/** Waits that end for a node when the test says so. */
class HeldWaits {
  /** The nodes of each wait that is under way. */
  readonly open = new Set<readonly string[]>();
  readonly ends = new Map<string, 'ready' | Error>();
  #said = Promise.withResolvers<void>();

  say(ends: Readonly<Record<string, 'ready' | Error>>): void {
    for (const [node, end] of Object.entries(ends)) this.ends.set(node, end);
    this.#said.resolve();
    this.#said = Promise.withResolvers();
  }

  async wait({ nodes }: NodesStep): Promise<NodesAwaited> {
    const names = nodes.map(({ node }) => node);
    this.open.add(names);
    const beating = setInterval(() => heartbeat(), 200);
    try {
      for (;;) {
        const ended = names.filter((node) => this.ends.has(node));
        if (ended.length > 0) return this.#awaited(ended);
        await Promise.race([this.#said.promise, cancelled()]);
      }
    } finally {
      clearInterval(beating);
      this.open.delete(names);
    }
  }

  #awaited(nodes: readonly string[]): NodesAwaited {
    const failed = nodes.flatMap((node) => {
      const end = this.ends.get(node);
      if (!(end instanceof Error)) return [];
      const failure = {
        type: 'InvalidImageName',
        message: end.message,
        next: 'correct it',
        retryable: false,
      };
      return [{ node, failure }];
    });
    return { ready: nodes.filter((node) => this.ends.get(node) === 'ready'), failed };
  }
}

/** What waits now. */
const isWaiting = (what: string, ...expected: readonly (readonly string[])[]) =>
  eventually(
    what,
    async () => JSON.stringify([...waits.open].map((nodes) => nodes.toSorted())),
    (open) => open === JSON.stringify(expected),
    20_000,
  );

const workers = async () => {
  const { nativeConnection: connection } = temporal;
  const activities = world.control();
  const held = { ...activities.waits, 'curve.awaitChunkservers': (step: NodesStep) => waits.wait(step) };
  return [
    ...(await controlWorkers({
      connection,
      activities: { calls: activities.calls, waits: held },
      // Every task replays the whole history: what is not deterministic shows itself.
      workflows: { workflowBundle: await bundleOf('./waiting-nodes.ts'), maxCachedWorkflows: 0 },
    })),
    ...(await nodeWorkers(connection, world, NODES)),
  ];
};

function layout() {
  const operation = { ...curveRef('waiting'), uid: 'uid-00000001', generation: 1, attempt: 1 };
  const addresses = Object.fromEntries(NODES.map((node) => [node, world.address(node)]));
  return layoutOf({ operation, clusterId: world.clusterId, spec: curveSpec(NODES), addresses });
}

type Waiting = WorkflowHandleWithFirstExecutionRunId<typeof waitingNodes>;

const begin = (nodes: readonly StorageNode[]): Promise<Waiting> =>
  temporal.client.workflow.start<typeof waitingNodes>('waitingNodes', {
    workflowId: nodeBatchWorkflowId(`${entityWorkflowId(curveRef('waiting'))}/1`, attempt++),
    taskQueue: CONTROL_QUEUE,
    args: [{ context: layout().context, nodes }],
  });

async function scheduled(waiting: Waiting): Promise<number> {
  const { events } = await waiting.fetchHistory();
  return (events ?? []).filter((e) => e.activityTaskScheduledEventAttributes).length;
}

test('nodes that come together are one wait; one that comes later joins it, those that are through leave it', async () => {
  const { storage } = layout();
  const [late] = storage.slice(3);
  if (!late) throw new Error('a layout of four nodes has four');
  await withWorkers(await workers(), async () => {
    const waiting = await begin(storage.slice(0, 3));
    await isWaiting('three wait together', ['node1', 'node2', 'node3']);
    expect(await scheduled(waiting), 'no wait was begun for one of them alone').toBe(1);
    await waiting.signal(nodeComes, late);
    await isWaiting('the fourth has joined', NODES);
    waits.say({ node2: 'ready' });
    await isWaiting('one has left', ['node1', 'node3', 'node4']);
    waits.say({ node1: 'ready', node3: 'ready', node4: 'ready' });
    expect(await waiting.result()).toEqual(Object.fromEntries(NODES.map((node) => [node, 'ready'])));
    expect(await scheduled(waiting)).toBe(3);
  });
});

test('a node that no waiting can help fails alone', async () => {
  const { storage } = layout();
  await withWorkers(await workers(), async () => {
    const waiting = await begin(storage);
    await isWaiting('all wait', NODES);
    waits.say({ node2: new Error('pod x can never start') });
    await isWaiting('the others wait on', ['node1', 'node3', 'node4']);
    waits.say({ node1: 'ready', node3: 'ready', node4: 'ready' });
    expect(await waiting.result()).toEqual({
      node1: 'ready',
      node2: 'InvalidImageName: pod x can never start',
      node3: 'ready',
      node4: 'ready',
    });
  });
});

test('a wait that cannot go on fails for every node, and is not begun again', async () => {
  const { storage } = layout();
  waits.wait = () => Promise.reject(ApplicationFailure.nonRetryable('it may not list pods', 'KubeForbidden'));
  await withWorkers(await workers(), async () => {
    const waiting = await begin(storage);
    const failure = 'KubeForbidden: it may not list pods';
    expect(await waiting.result()).toEqual(Object.fromEntries(NODES.map((node) => [node, failure])));
    expect(await scheduled(waiting)).toBe(1);
  });
});

test('nodes that wait leave at once for a newer manifest, whose own wait they come to', async () => {
  await withWorkers(await workers(), async () => {
    const manifest = (generation: number) => ({ uid: 'uid-00000001', generation, spec: curveSpec(NODES) });
    const first = await apply(temporal.client, 'newer', manifest(1));
    await isWaiting('all wait', NODES);
    // They are not through: whoever comes next has to wait as well.
    for (const node of NODES) world.running.delete(`chunkservers ${node}`);
    const second = await apply(temporal.client, 'newer', manifest(2));
    expect(await temporal.client.workflow.getHandle(first.operation).result()).toBe('Superseded');
    await isWaiting('all wait again', NODES);
    waits.say(Object.fromEntries(NODES.map((node) => [node, 'ready'])));
    expect(await temporal.client.workflow.getHandle(second.operation).result()).toBe('Succeeded');
  });
});
