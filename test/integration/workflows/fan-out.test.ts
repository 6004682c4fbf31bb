import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { NativeConnection, Worker } from '@temporalio/worker';
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
const WAVE = 100;
/** temporal.api.enums.v1.TaskQueueType */
const ACTIVITY_QUEUE = 2;

let temporal: TestWorkflowEnvironment;

beforeAll(async () => {
  // One partition per queue: thousands of queues with one poller each would otherwise load four times as many.
  temporal = await startTemporal([
    'matching.numTaskqueueReadPartitions=1',
    'matching.numTaskqueueWritePartitions=1',
    'frontend.namespaceRPS=100000',
    'frontend.rps=100000',
    // Long polls that one namespace may hold open; 1,200 unless told.
    'frontend.namespaceCount=10000',
    'frontend.globalNamespaceCount=10000',
  ]);
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
    const counted = (node: string, queue: string): object =>
      Object.fromEntries(
        Object.entries(world.node(node)).map(([name, run]) => [
          name,
          (input: never) => {
            arrived.set(queue, [...(arrived.get(queue) ?? []), name]);
            return (run as (input: never) => Promise<unknown>)(input);
          },
        ]),
      );
    const present = NODES.filter((n) => n !== AWAY);
    const queues = present.flatMap((node) =>
      [nodeQueue(node), probeQueue(node)].map((queue) => ({ node, queue })),
    );

    await withWorkers([control], () =>
      inWaves(
        queues,
        async ({ node, queue }, connection) =>
          Worker.create({
            connection,
            taskQueue: queue,
            activities: counted(node, queue),
            maxConcurrentActivityTaskPolls: 1,
            maxConcurrentActivityTaskExecutions: 8,
          }),
        async () => {
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
        },
      ),
    );
  },
  12 * MINUTES,
);

/** Brings thousands of workers up without flooding the server: the next wave starts when the last one is being served. */
async function inWaves<T>(
  queues: readonly { node: string; queue: string }[],
  create: (of: { node: string; queue: string }, connection: NativeConnection) => Promise<Worker>,
  scenario: () => Promise<T>,
  from = 0,
): Promise<T> {
  if (from >= queues.length) return scenario();
  const wave = queues.slice(from, from + WAVE);
  // A connection carries a limited number of calls at once, and every poll is one for as long as it waits.
  const connection = await NativeConnection.connect({ address: temporal.address });
  try {
    const workers = await Promise.all(wave.map((of) => create(of, connection)));
    return await withWorkers(workers, async () => {
      await Promise.all(wave.map(({ queue }) => served(queue)));
      return inWaves(queues, create, scenario, from + WAVE);
    });
  } finally {
    await connection.close();
  }
}

/** Ends when the server knows a poller of this queue. */
const served = (queue: string): Promise<unknown> =>
  eventually(
    `${queue} is served`,
    () =>
      temporal.client.workflowService.describeTaskQueue({
        namespace: 'default',
        taskQueue: { name: queue },
        taskQueueType: ACTIVITY_QUEUE,
      }),
    (answer) => answer.pollers.length > 0,
    2 * MINUTES,
  );
