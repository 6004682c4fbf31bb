import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CONTROL_QUEUE, nodeQueue, probeQueue } from '../../../src/workflows/queues.ts';
import { apply, view } from '../../support/cluster-client.ts';
import { curveSpec } from '../../support/curve-spec.ts';
import { eventually } from '../../support/eventually.ts';
import { startTemporal, withWorkers, workflowBundle } from '../../support/temporal.ts';
import { World } from '../../support/world.ts';

const NODES = Array.from({ length: 1_000 }, (_, i) => `node-${i + 1}`);
const AWAY = 'node-500';
const MINUTES = 60_000;

let temporal: TestWorkflowEnvironment;

beforeAll(async () => {
  // One partition per queue: thousands of queues with one poller each would otherwise load four times as many.
  temporal = await startTemporal(['matching.numTaskqueueReadPartitions=1', 'matching.numTaskqueueWritePartitions=1']);
});
afterAll(() => temporal.teardown());

test(
  'a thousand nodes: each node’s work on its own queue, one that never answers is named while 999 finish',
  async () => {
    const world = new World(NODES);
    world.heartbeatEveryMs = 4_000;
    /** Activities by the queue on which they really arrived. */
    const arrived = new Map<string, string[]>();
    const connection = temporal.nativeConnection;
    const control = await Worker.create({
      connection,
      taskQueue: CONTROL_QUEUE,
      workflowBundle: await workflowBundle(),
      activities: world.control(),
    });
    const present = NODES.filter((n) => n !== AWAY);
    const onNodes: Worker[] = [];
    for (const node of present) {
      for (const queue of [nodeQueue(node), probeQueue(node)]) {
        const activities = world.node(node);
        const counted = Object.fromEntries(
          Object.entries(activities).map(([name, run]) => [
            name,
            (input: never) => {
              arrived.set(queue, [...(arrived.get(queue) ?? []), name]);
              return (run as (input: never) => Promise<unknown>)(input);
            },
          ]),
        );
        onNodes.push(
          await Worker.create({
            connection,
            taskQueue: queue,
            activities: counted,
            maxConcurrentActivityTaskPolls: 1,
            maxConcurrentActivityTaskExecutions: 8,
          }),
        );
      }
    }

    await withWorkers([control, ...onNodes], async () => {
      const started = Date.now();
      const { operation } = await apply(temporal.client, 'thousand', {
        uid: 'uid-00000001',
        generation: 1,
        spec: curveSpec(NODES),
      });
      const seen = await eventually(
        '999 of 1,000 nodes are through',
        () => view(temporal.client, operation),
        (v) => v.phases.find((p) => p.name === 'chunkservers')?.nodes.done === 999,
        5 * MINUTES,
      );
      expect(Date.now() - started).toBeLessThan(5 * MINUTES);
      expect(seen.phases.flatMap((p) => p.blocked)).toContain(AWAY);
      expect(world.count('createLogicalPool')).toBe(0);

      for (const node of present) {
        expect(arrived.get(nodeQueue(node))).toEqual(['claimHostDataDir', 'formatDisks']);
        expect(arrived.get(probeQueue(node))?.filter((a) => a === 'inspectDisks')).toHaveLength(2);
      }
      expect(arrived.has(nodeQueue(AWAY))).toBe(false);

      for (const id of [operation, ...seen.children]) {
        const history = await temporal.client.workflow.getHandle(id).fetchHistory();
        expect(history.events?.length, id).toBeLessThanOrEqual(4_096);
      }
    });
  },
  12 * MINUTES,
);
