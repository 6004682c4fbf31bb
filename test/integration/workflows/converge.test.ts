import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clusterWorkflowId, retryUpdate } from '../../../src/workflows/messages.ts';
import { CONTROL_QUEUE, nodeQueue, probeQueue } from '../../../src/workflows/queues.ts';
import { apply, view } from '../../support/cluster-client.ts';
import { curveSpec } from '../../support/curve-spec.ts';
import { eventually } from '../../support/eventually.ts';
import { startTemporal, withWorkers, workflowBundle } from '../../support/temporal.ts';
import { World } from '../../support/world.ts';

const NODES = ['node1', 'node2', 'node3'];

let temporal: TestWorkflowEnvironment;
let world: World;
let name: string;

beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(() => temporal.teardown());
beforeEach(() => {
  world = new World(NODES);
  name = `c-${randomUUID().slice(0, 8)}`;
});

async function workers(nodes: readonly string[] = NODES): Promise<Worker[]> {
  const control = await Worker.create({
    connection: temporal.nativeConnection,
    taskQueue: CONTROL_QUEUE,
    workflowBundle: await workflowBundle(),
    activities: world.control(),
    // Every workflow task replays the whole history: what is not deterministic shows itself.
    maxCachedWorkflows: 0,
  });
  return [control, ...(await nodeWorkers(nodes))];
}

function nodeWorkers(nodes: readonly string[]): Promise<Worker[]> {
  const queues = nodes.flatMap((node) =>
    [nodeQueue(node), probeQueue(node)].map((queue) => ({ node, queue })),
  );
  return Promise.all(
    queues.map(({ node, queue }) =>
      Worker.create({
        connection: temporal.nativeConnection,
        taskQueue: queue,
        activities: world.node(node),
        maxHeartbeatThrottleInterval: '1s',
      }),
    ),
  );
}

const document = (generation = 1, uid = 'uid-00000001') => ({ uid, generation, spec: curveSpec(NODES) });
/** How the operation ends. The answer to an apply names it before it is started: a running one may have to leave first. */
async function result(operation: string): Promise<unknown> {
  const handle = temporal.client.workflow.getHandle(operation);
  await eventually(
    'the operation is started',
    () => handle.describe(),
    () => true,
    20_000,
  );
  return handle.result();
}

describe('an operation', () => {
  test('goes through every phase in order, each activity at its first attempt', async () => {
    await withWorkers(await workers(), async () => {
      const { operation } = await apply(temporal.client, name, document());
      expect(await result(operation)).toBe('Succeeded');

      const { phases, transitions } = await view(temporal.client, operation);
      expect(phases.map((p) => [p.name, p.state, p.nodes.done])).toEqual([
        ['preflight', 'Done', 3],
        ['format', 'Done', 3],
        ['chunkfilepool', 'Done', 3],
        ['etcd', 'Done', 3],
        ['mds', 'Done', 3],
        ['physicalPool', 'Done', 3],
        ['chunkservers', 'Done', 3],
        ['logicalPool', 'Done', 1],
        ['snapshotclone', 'Skipped', 0],
      ]);
      expect(transitions.map((t) => t.sequence)).toEqual(transitions.map((_, i) => i + 1));
      expect(world.count('formatDisks')).toBe(3);
      expect(world.count('createPhysicalPool')).toBe(1);
      expect(world.statuses.at(-1)?.state).toBe('Succeeded');
      expect(world.events).toContain('OperationSucceeded');
    });
  });

  test('started again on a finished cluster skips everything and writes nothing', async () => {
    await withWorkers(await workers(), async () => {
      await result((await apply(temporal.client, name, document(1))).operation);
      const acts = ['formatDisks', 'applyFormatJobs', 'applyEtcd', 'createPhysicalPool', 'applyChunkservers'];
      const before = acts.map((a) => world.count(a));

      const again = await apply(temporal.client, name, document(2));
      expect(await result(again.operation)).toBe('Succeeded');

      expect(acts.map((a) => world.count(a))).toEqual(before);
      const { phases } = await view(temporal.client, again.operation);
      expect(phases.filter((p) => p.state !== 'Skipped').map((p) => p.name)).toEqual(['preflight']);
    });
  });

  test('refuses before the first write on any node when one disk is foreign', async () => {
    const node2 = world.node('node2');
    world.node = (node) =>
      node !== 'node2'
        ? new World(NODES).node(node)
        : {
            ...node2,
            inspectNode: async (input) => {
              const found = await node2.inspectNode(input);
              const findings = [{ kind: 'filesystem' as const, detail: 'it holds an xfs file system' }];
              return {
                ...found,
                disks: found.disks.map((s) => ({ ...s, state: 'refused' as const, findings })),
              };
            },
          };
    await withWorkers(await workers(), async () => {
      const { operation } = await apply(temporal.client, name, document());
      await expect(result(operation)).rejects.toThrow('Workflow execution failed');
      const { state, phases, message } = await view(temporal.client, operation);
      expect(state).toBe('Failed');
      expect(phases[0]).toMatchObject({ name: 'preflight', state: 'Failed' });
      expect(message).toContain('/dev/vdc is not touched: it holds an xfs file system');
      expect(world.count('formatDisks')).toBe(0);
      expect(world.count('applyEtcd')).toBe(0);
    });
  });

  test('that failed is retried from where it stopped, and pressing twice starts one', async () => {
    world.before = (activity) => {
      if (activity === 'createLogicalPool')
        throw ApplicationFailure.nonRetryable('too few zones', 'CannotMakeCopysets');
    };
    await withWorkers(await workers(), async () => {
      const first = await apply(temporal.client, name, document());
      await expect(result(first.operation)).rejects.toThrow('Workflow execution failed');
      world.before = () => undefined;

      const entity = temporal.client.workflow.getHandle(clusterWorkflowId({ namespace: 'curve', name }));
      const press = () =>
        entity.executeUpdate(retryUpdate, {
          args: [{ operation: first.operation }],
          updateId: `retry/${first.operation}`,
        });
      const [one, two] = await Promise.all([press(), press()]);
      expect(one.operation).toBe(two.operation);
      expect(one.operation).toMatch(/-1-2$/);
      expect(await result(one.operation)).toBe('Succeeded');
      expect(world.count('formatDisks')).toBe(3);
    });
  });

  test('a newer generation supersedes a stuck one at a safe point; mkfs is not left half way', async () => {
    let release = (): void => undefined;
    const formatting = new Promise<void>((resolve) => (release = resolve));
    let inFormat = 0;
    let left = 0;
    world.before = async (activity) => {
      if (activity !== 'formatDisks' || left > 0) return;
      inFormat++;
      await formatting;
      left++;
    };
    await withWorkers(await workers(), async () => {
      const first = await apply(temporal.client, name, document(1));
      await eventually(
        'mkfs runs on three nodes',
        async () => inFormat,
        (n) => n === 3,
        30_000,
      );
      const second = await apply(temporal.client, name, document(2));
      expect(second.operation).not.toBe(first.operation);
      await eventually(
        'the first was told',
        () => temporal.client.workflow.getHandle(first.operation).fetchHistory(),
        (h) => JSON.stringify(h).includes('supersede'),
        10_000,
      );
      const state = await temporal.client.workflow.getHandle(first.operation).describe();
      expect(state.status.name).toBe('RUNNING');
      release();
      expect(await result(first.operation)).toBe('Superseded');
      expect(await result(second.operation)).toBe('Succeeded');
    });
  });

  test('the same document twice joins the first operation', async () => {
    await withWorkers(await workers(), async () => {
      const [a, b] = await Promise.all([
        apply(temporal.client, name, document()),
        apply(temporal.client, name, document()),
      ]);
      expect(a.operation).toBe(b.operation);
      expect(await result(a.operation)).toBe('Succeeded');
      expect(world.count('claimClusterId')).toBe(1);
    });
  });

  test('a document of a deleted resource is refused, one of the resource that lives now is taken', async () => {
    await withWorkers(await workers(), async () => {
      await result((await apply(temporal.client, name, document(1, 'uid-old-00'))).operation);
      world.liveUid = 'uid-new-00';
      await expect(apply(temporal.client, name, document(1, 'uid-gone-0'))).rejects.toThrow(
        'Workflow Update failed',
      );
      const taken = await apply(temporal.client, name, document(1, 'uid-new-00'));
      expect(await result(taken.operation)).toBe('Succeeded');
    });
  });
});

describe('a node that does not answer', () => {
  test('is named within 30 s while the others go on, and goes its own way when it is back', async () => {
    const away = 'node3';
    const present = await workers(NODES.filter((n) => n !== away));
    await withWorkers(present, async () => {
      const started = Date.now();
      const { operation } = await apply(temporal.client, name, document());
      const named = await eventually(
        'node3 is named',
        () => view(temporal.client, operation),
        (v) => v.phases.some((p) => p.blocked.includes(away)),
        30_000,
      );
      expect(Date.now() - started).toBeLessThan(30_000);
      expect(named.state).toBe('Running');
      await eventually(
        'two nodes are through while the third is away',
        () => view(temporal.client, operation),
        (v) => v.phases.find((p) => p.name === 'chunkservers')?.nodes.done === 2,
        60_000,
      );
      expect(world.count('createLogicalPool')).toBe(0);

      const back = await nodeWorkers([away]);
      await withWorkers(back, async () => expect(await result(operation)).toBe('Succeeded'));
      const { phases, transitions } = await view(temporal.client, operation);
      // Named where it was found missing, and again in the phase that the others had meanwhile reached.
      const told = transitions.filter((t) => t.state === 'Blocked' || t.state === 'Unblocked');
      expect(told.map((t) => [t.phase, t.state])).toEqual([
        ['preflight', 'Blocked'],
        ['format', 'Blocked'],
        ['format', 'Unblocked'],
      ]);
      expect(phases.flatMap((p) => p.blocked)).toEqual([]);
    });
  });

  test('does not hold up the document that takes it out', async () => {
    const present = await workers(NODES.filter((n) => n !== 'node3'));
    await withWorkers(present, async () => {
      const first = await apply(temporal.client, name, document(1));
      await eventually(
        'node3 is named',
        () => view(temporal.client, first.operation),
        (v) => v.phases.some((p) => p.blocked.includes('node3')),
        30_000,
      );
      await apply(temporal.client, name, document(2));
      expect(await result(first.operation)).toBe('Superseded');
    });
  });
});
