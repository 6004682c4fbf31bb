/** Two Kubernetes whose Keelsons share one Temporal namespace, with nodes of the same names. */
import { WithStartWorkflowOperation } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { entityWorkflowId } from '../../../src/workflows/ids.ts';
import { applyUpdate } from '../../../src/workflows/messages.ts';
import { controlQueue, nodeQueue, probeQueue } from '../../../src/workflows/queues.ts';
import { curveRef } from '../../support/curve-ids.ts';
import { controlWorkers } from '../../support/control-workers.ts';
import { curveSpec } from '../../support/curve-spec.ts';
import { eventually } from '../../support/eventually.ts';
import { startTemporal, withWorkers } from '../../support/temporal.ts';
import { World } from '../../support/world.ts';

const NODES = ['node1', 'node2', 'node3'];

let temporal: TestWorkflowEnvironment;
beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(() => temporal.teardown());

/** One Kubernetes: a control worker, and node workers that are named like those of the other. */
async function workersOf(installation: string, world: World): Promise<Worker[]> {
  const { nativeConnection: connection } = temporal;
  const ofNode = (node: string, taskQueue: string) =>
    Worker.create({ connection, taskQueue, activities: world.node(node) });
  return [
    ...(await controlWorkers({ connection, installation, activities: world.control() })),
    ...(await Promise.all([
      ...NODES.map((node) => ofNode(node, nodeQueue(installation, node))),
      ...NODES.map((node) => ofNode(node, probeQueue(installation, node))),
    ])),
  ];
}

/** The same manifest of the same name, told apart by its uid alone. */
function apply(installation: string, uid: string) {
  const ref = curveRef('shared');
  return temporal.client.workflow.executeUpdateWithStart(applyUpdate, {
    args: [{ uid, generation: 1, spec: curveSpec(NODES) }],
    startWorkflowOperation: new WithStartWorkflowOperation('curveCluster', {
      workflowId: entityWorkflowId(installation, ref),
      taskQueue: controlQueue(installation),
      args: [ref],
      workflowIdConflictPolicy: 'USE_EXISTING',
    }),
  });
}

test('clusters and nodes of the same names never get each other’s work', async () => {
  const [one, other] = [new World(NODES), new World(NODES)];
  const workers = [...(await workersOf('one', one)), ...(await workersOf('other', other))];
  await withWorkers(workers, async () => {
    const accepted = await Promise.all([apply('one', 'uid-of-one'), apply('other', 'uid-of-other')]);
    expect(accepted.map((a) => a.started)).toEqual([true, true]);
    const ends = accepted.map(({ operation }) =>
      eventually(
        'it has begun',
        () => temporal.client.workflow.getHandle(operation).describe(),
        () => true,
        20_000,
      ).then(() => temporal.client.workflow.getHandle(operation).result()),
    );
    expect(await Promise.all(ends)).toEqual(['Succeeded', 'Succeeded']);
  });
  for (const [world, own, foreign] of [
    [one, 'uid-of-one', 'uid-of-other'],
    [other, 'uid-of-other', 'uid-of-one'],
  ] as const) {
    expect(world.count('formatDisks'), 'its own three nodes').toBe(NODES.length);
    const inputs = JSON.stringify(world.calls.map((call) => call.input));
    expect(inputs).toContain(own);
    expect(inputs).not.toContain(foreign);
  }
});
