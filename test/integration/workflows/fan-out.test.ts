import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { temporal as proto } from '@temporalio/proto';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apply, view } from '../../support/cluster-client.ts';
import { controlWorkers } from '../../support/control-workers.ts';
import { curveSpec } from '../../support/curve-spec.ts';
import { eventually } from '../../support/eventually.ts';
import { startTemporal, withWorkers } from '../../support/temporal.ts';
import { World } from '../../support/world.ts';
import { nodeQueue, probeQueue } from '../../support/curve-ids.ts';

const NODES = Array.from({ length: 1_000 }, (_, i) => `node-${i + 1}`);
const AWAY = 'node-500';
const PRESENT = NODES.filter((n) => n !== AWAY);
const MINUTES = 60_000;

/** Workers on one connection: each of their polls is a call that stays open. */
const WORKERS_PER_CONNECTION = 100;
/**
 * Work queues served at a time. The dev server holds at most 1,200 polls of one namespace open, and 999 probe queues
 * are served all the time; tasks wait in their own queue until its worker comes.
 */
const WORK_LANES = 100;

let temporal: TestWorkflowEnvironment;

beforeAll(async () => {
  temporal = await startTemporal([
    // One partition per queue: a thousand queues with one poller each would otherwise load four times as many.
    'matching.numTaskqueueReadPartitions=1',
    'matching.numTaskqueueWritePartitions=1',
    'frontend.namespaceRPS=100000',
    'frontend.rps=100000',
    // A worker says goodbye to matching; two thousand do so at once.
    'matching.namespaceRPS=100000',
    'matching.rps=100000',
    // Long polls that one namespace may hold open.
    'frontend.namespaceCount=10000',
    // Thousands of queues would otherwise write their progress to the dev server's one database every minute.
    'matching.updateAckInterval="10m"',
  ]);
});
afterAll(() => temporal.teardown());

test(
  'a thousand nodes: each node’s work on its own queue, one that never answers is named while 999 finish',
  async () => {
    const world = new World(NODES);
    world.heartbeatEveryMs = 4_000;
    const arrivals = new Arrivals(world);
    const control = await controlWorkers({
      connection: temporal.nativeConnection,
      activities: world.control(),
    });
    const work = serveWork(arrivals);

    await withWorkers(control, () =>
      withProbes(arrivals, async () => {
        const started = Date.now();
        const { operation } = await apply(temporal.client, 'thousand', {
          uid: 'uid-00000001',
          generation: 1,
          spec: curveSpec(NODES),
        });
        const seen = await eventually(
          '999 of 1,000 nodes are through',
          () => view(temporal.client, operation),
          (v) => v.phases.find((p) => p.name === 'chunkservers')?.nodes.done === PRESENT.length,
          5 * MINUTES,
        );
        console.log(`999 of 1,000 nodes were through after ${Math.round((Date.now() - started) / 1_000)} s`);
        await work;

        expect(seen.phases.flatMap((p) => p.blocked)).toContain(AWAY);
        expect(world.count('createLogicalPool')).toBe(0);
        for (const node of PRESENT) {
          expect(arrivals.on(nodeQueue(node)), node).toEqual(['claimHostDataDir', 'formatDisks']);
          for (const look of ['inspectNode', 'inspectDisks'])
            expect(
              arrivals.on(probeQueue(node)).filter((a) => a === look),
              node,
            ).toHaveLength(1);
        }
        expect(arrivals.on(nodeQueue(AWAY))).toEqual([]);
        for (const id of [operation, ...seen.children]) {
          const history = await temporal.client.workflow.getHandle(id).fetchHistory();
          expect(history.events?.length, id).toBeLessThanOrEqual(4_096);
        }
      }),
    );
  },
  12 * MINUTES,
);

/** Which activity arrived on which queue, and who waits for one. */
class Arrivals {
  readonly #world: World;
  readonly #byQueue = new Map<string, string[]>();
  readonly #waiting = new Map<string, () => void>();

  constructor(world: World) {
    this.#world = world;
  }

  on(queue: string): readonly string[] {
    return this.#byQueue.get(queue) ?? [];
  }

  /** Ends when the activity arrived on the queue. */
  until(queue: string, activity: string): Promise<void> {
    if (this.on(queue).includes(activity)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.set(`${queue} ${activity}`, resolve));
  }

  /** The node's activities as they are served on this very queue. */
  counted(node: string, queue: string): object {
    return Object.fromEntries(
      Object.entries(this.#world.node(node)).map(([activity, run]) => [
        activity,
        (input: never) => {
          this.#byQueue.set(queue, [...this.on(queue), activity]);
          this.#waiting.get(`${queue} ${activity}`)?.();
          return (run as (input: never) => Promise<unknown>)(input);
        },
      ]),
    );
  }
}

/** Serves all probe queues for the time of the scenario; the next wave starts when the last one is known to the server. */
async function withProbes<T>(arrivals: Arrivals, scenario: () => Promise<T>, from = 0): Promise<T> {
  if (from >= PRESENT.length) return scenario();
  const wave = PRESENT.slice(from, from + WORKERS_PER_CONNECTION);
  const connection = await NativeConnection.connect({ address: temporal.address });
  try {
    const workers = await Promise.all(
      wave.map((node) => serve(connection, arrivals, node, probeQueue(node))),
    );
    return await withWorkers(workers, async () => {
      await Promise.all(wave.map((node) => served(probeQueue(node))));
      return withProbes(arrivals, scenario, from + WORKERS_PER_CONNECTION);
    });
  } finally {
    await connection.close();
  }
}

/** Serves each work queue, so many at a time, from the node's first look at its disks until its disks were formatted. */
async function serveWork(arrivals: Arrivals): Promise<void> {
  const connection = await NativeConnection.connect({ address: temporal.address });
  const nodes = PRESENT.values();
  const lane = async (): Promise<void> => {
    for (const node of nodes) {
      await arrivals.until(probeQueue(node), 'inspectNode');
      const worker = await serve(connection, arrivals, node, nodeQueue(node));
      await worker.runUntil(arrivals.until(nodeQueue(node), 'formatDisks'));
    }
  };
  try {
    await Promise.all(Array.from({ length: WORK_LANES }, lane));
  } finally {
    await connection.close();
  }
}

const serve = (connection: NativeConnection, arrivals: Arrivals, node: string, taskQueue: string) =>
  Worker.create({
    connection,
    taskQueue,
    activities: arrivals.counted(node, taskQueue),
    maxConcurrentActivityTaskPolls: 1,
    maxConcurrentActivityTaskExecutions: 8,
  });

/** Ends when the server knows a poller of this queue. */
const served = (queue: string): Promise<unknown> =>
  eventually(
    `${queue} is served`,
    () =>
      temporal.client.workflowService.describeTaskQueue({
        namespace: 'default',
        taskQueue: { name: queue },
        taskQueueType: proto.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
      }),
    (answer) => answer.pollers.length > 0,
    2 * MINUTES,
  );
