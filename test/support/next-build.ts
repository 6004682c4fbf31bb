/**
 * Workflows of a build that comes after today's: its operation takes the steps of the control plane in another order.
 * What is told in src/workflows/curve/operation.ts has another end here; everything else is today's.
 */
import { setWorkflowOptions } from '@temporalio/workflow';
import { PHASES } from '../../src/systems/curve/phases.ts';
import { type CurveClusterSpec, TITLE } from '../../src/systems/curve/spec.ts';
import type { OperationState } from '../../src/systems/operation.ts';
import { curve } from '../../src/workflows/curve/activities.ts';
import { etcd, mds, snapshotclone } from '../../src/workflows/curve/control-plane.ts';
import { tasksOf } from '../../src/workflows/curve/node-tasks.ts';
import { logicalPool, physicalPool } from '../../src/workflows/curve/pools.ts';
import { preflight } from '../../src/workflows/curve/preflight.ts';
import { NodeBatches } from '../../src/workflows/operation/node-batches.ts';
import {
  type Operation,
  type OperationInput,
  runOperation,
} from '../../src/workflows/operation/operation.ts';

export * from '../../src/workflows/versioned.ts';

setWorkflowOptions({ versioningBehavior: 'PINNED' }, curveOperation);

export async function curveOperation({
  operation,
  spec,
}: OperationInput<CurveClusterSpec>): Promise<OperationState> {
  return runOperation({ title: TITLE, phases: PHASES }, operation, (running) => provision(running, spec));
}

async function provision(operation: Operation, spec: CurveClusterSpec): Promise<void> {
  const { table } = operation;
  const { layout, existing } = await preflight(table, operation.id, spec);
  const { context } = layout;
  // The other order: mds is asked before any node is, and before etcd.
  await curve.read('ask every mds first').observeMds(context);

  const nodes = await NodeBatches.start({ type: 'curveNodeBatch', context, tasks: tasksOf(layout), table });
  operation.nodes = nodes;
  await nodes.passed('preflight');
  await nodes.open('format');

  const phase = { table, nodes, context, existing };
  await etcd(phase);
  await mds(phase);
  await physicalPool(table, layout);
  await snapshotclone(phase);
  await nodes.open('chunkservers');
  await nodes.finished();
  await logicalPool(table, layout);
}
