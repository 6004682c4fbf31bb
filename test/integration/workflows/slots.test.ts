import { cancelled, heartbeat } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CurveWaits, NodesStep } from '../../../src/activities/curve/contract.ts';
import type { HealthWatchInput } from '../../../src/activities/control/contract.ts';
import { handToHealthCheck } from '../../../src/requests/submit.ts';
import { layoutOf } from '../../../src/systems/curve/layout.ts';
import type { CurveClusterSpec } from '../../../src/systems/curve/spec.ts';
import { SYSTEMS } from '../../../src/systems/registry.ts';
import type { curvePlan } from '../../../src/workflows/curve/plan.ts';
import { nodeBatchWorkflowId, planWorkflowId } from '../../../src/workflows/ids.ts';
import { healthQuery } from '../../../src/workflows/messages.ts';
import { NODES_PER_BATCH } from '../../../src/workflows/operation/node-tasks.ts';
import { apply } from '../../support/cluster-client.ts';
import { controlWorkers } from '../../support/control-workers.ts';
import {
  CONTROL_QUEUE,
  curveRef,
  entityWorkflowId,
  healthCheckWorkflowId,
  INSTALLATION,
} from '../../support/curve-ids.ts';
import { curveSpec } from '../../support/curve-spec.ts';
import { eventually } from '../../support/eventually.ts';
import { nodeWorkers } from '../../support/keelson.ts';
import { bundleOf, startTemporal, withWorkers } from '../../support/temporal.ts';
import type { waitingNodes } from '../../support/waiting-nodes.ts';
import { World } from '../../support/world.ts';

const WAITING = Array.from({ length: 3_000 }, (_, i) => `waiting-${i + 1}`);
const BATCHES = Math.ceil(WAITING.length / NODES_PER_BATCH);
/** More than a control worker has slots for calls. */
const CLUSTERS = Array.from({ length: 210 }, (_, i) => `followed-${i + 1}`);
const SERVED = ['node1', 'node2', 'node3'];

let temporal: TestWorkflowEnvironment;

beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(() => temporal.teardown());

/** What batches wait for here never happens. */
class EndlessWaits {
  /** The nodes of each wait that has begun and was not cancelled. */
  readonly open = new Set<readonly string[]>();

  async wait({ nodes }: NodesStep): Promise<never> {
    const names = nodes.map(({ node }) => node);
    this.open.add(names);
    const beating = setInterval(() => heartbeat(), 1_000);
    try {
      return await cancelled();
    } finally {
      clearInterval(beating);
      this.open.delete(names);
    }
  }
}

test(
  '3,000 waiting nodes hold up no status, no health check and no new manifest',
  async () => {
    const world = new World([...WAITING, ...SERVED]);
    const endless = new EndlessWaits();
    const { calls, waits } = world.control();
    const awaitChunkservers: CurveWaits['awaitChunkservers'] = (step) =>
      step.nodes.some(({ node }) => WAITING.includes(node))
        ? endless.wait(step)
        : waits['curve.awaitChunkservers'](step);
    const { nativeConnection: connection } = temporal;
    const workers = [
      ...(await controlWorkers({
        connection,
        activities: { calls, waits: { ...waits, 'curve.awaitChunkservers': awaitChunkservers } },
        workflows: { workflowBundle: await bundleOf('./waiting-nodes.ts') },
      })),
      ...(await nodeWorkers(connection, world, SERVED)),
    ];
    await withWorkers(workers, async () => {
      const batches = await startWaiting(world);
      const waiting = () => [...endless.open].flat();
      await eventually(
        'all wait',
        async () => waiting().length,
        (n) => n === WAITING.length,
        60_000,
      );
      expect(endless.open.size, 'one wait for each batch').toBe(BATCHES);

      const spec = curveSpec(SERVED);
      const { operation } = await apply(temporal.client, 'served', {
        uid: 'uid-00000001',
        generation: 1,
        spec,
      });
      expect(await endOf(operation)).toBe('Succeeded');
      expect(world.statuses.at(-1)?.state).toBe('Succeeded');

      const resource = curveRef('served');
      const health = await followHealth('served', spec);
      await eventually(
        'the new cluster is checked',
        () => health.query(healthQuery),
        ({ verdict }) => verdict?.ready === true,
        30_000,
      );
      const plan = await temporal.client.workflow.execute<typeof curvePlan>('curvePlan', {
        workflowId: planWorkflowId(INSTALLATION, 'served'),
        taskQueue: CONTROL_QUEUE,
        args: [{ resource, spec }],
        workflowExecutionTimeout: '30 s',
      });
      expect(plan.nodes.map(({ node }) => node)).toEqual(SERVED);

      expect(waiting(), 'and all of them wait still').toHaveLength(WAITING.length);
      await Promise.all([health, ...batches].map((execution) => execution.terminate()));
    });
  },
  5 * 60_000,
);

test('health checks that last hold up no new manifest, though they are more than the slots of the calls', async () => {
  const world = new World(SERVED);
  const { nativeConnection: connection } = temporal;
  const workers = [
    ...(await controlWorkers({ connection, activities: world.control() })),
    ...(await nodeWorkers(connection, world, SERVED)),
  ];
  const spec = curveSpec(SERVED);
  await withWorkers(workers, async () => {
    const checks = await Promise.all(CLUSTERS.map((name) => followHealth(name, spec)));
    const followed = () =>
      new Set(
        world.calls
          .filter(({ activity }) => activity === 'watchHealth')
          .map(({ input }) => (input as HealthWatchInput).resource.name),
      );
    await eventually(
      'every cluster is followed',
      async () => followed().size,
      (n) => n === CLUSTERS.length,
      60_000,
    );
    const manifest = { uid: 'uid-00000001', generation: 1, spec };
    const { operation } = await apply(temporal.client, 'beside-health-checks', manifest);
    expect(await endOf(operation)).toBe('Succeeded');
    await Promise.all(checks.map((check) => check.terminate()));
  });
}, 180_000);

/** How the operation on a new manifest ends, within a minute, while others wait. */
async function endOf(operation: string): Promise<unknown> {
  const handle = temporal.client.workflow.getHandle(operation);
  await eventually(
    'the new manifest has become a cluster',
    async () => (await handle.describe()).status.name,
    (status) => status === 'COMPLETED',
    60_000,
  );
  return handle.result();
}

/** The health check of a cluster, which lasts until it is ended. */
async function followHealth(name: string, spec: CurveClusterSpec): Promise<WorkflowHandle> {
  const resource = curveRef(name);
  const manifest = { resource, uid: 'uid-00000001', generation: 1, spec };
  const ours = { client: temporal.client, installation: INSTALLATION };
  await handToHealthCheck(ours, SYSTEMS.kindOf(resource).kind, manifest);
  return temporal.client.workflow.getHandle(healthCheckWorkflowId(resource));
}

/** The batches of a cluster on all waiting nodes, each of whose nodes has come to its wait. */
function startWaiting(world: World) {
  const operation = { ...curveRef('waiting'), uid: 'uid-00000002', generation: 1, attempt: 1 };
  const { context, storage } = layoutOf({
    operation,
    clusterId: world.clusterId,
    spec: curveSpec(WAITING),
    addresses: Object.fromEntries(WAITING.map((node) => [node, world.address(node)])),
  });
  return Promise.all(
    Array.from({ length: BATCHES }, (_, batch) =>
      temporal.client.workflow.start<typeof waitingNodes>('waitingNodes', {
        workflowId: nodeBatchWorkflowId(`${entityWorkflowId(operation)}/1`, batch),
        taskQueue: CONTROL_QUEUE,
        args: [{ context, nodes: storage.slice(batch * NODES_PER_BATCH, (batch + 1) * NODES_PER_BATCH) }],
      }),
    ),
  );
}
