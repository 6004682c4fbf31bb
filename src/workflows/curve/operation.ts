import type { OperationState } from '../../systems/operation.ts';
import { PHASES } from '../../systems/curve/phases.ts';
import { type CurveClusterSpec, TITLE } from '../../systems/curve/spec.ts';
import { NodeBatches } from '../operation/node-batches.ts';
import { type Operation, type OperationInput, runOperation } from '../operation/operation.ts';
import { etcd, mds, snapshotclone } from './control-plane.ts';
import { logicalPool, physicalPool } from './pools.ts';
import { preflight } from './preflight.ts';
import { tasksOf } from './node-tasks.ts';

/** One operation on a CurveBS cluster. */
export async function curveOperation({
  operation,
  spec,
}: OperationInput<CurveClusterSpec>): Promise<OperationState> {
  return runOperation({ title: TITLE, phases: PHASES }, operation, (running) => provision(running, spec));
}

/** The story. Format and chunkfilepool run on the nodes beside etcd and mds. */
async function provision(operation: Operation, spec: CurveClusterSpec): Promise<void> {
  const { table } = operation;
  const { layout, existing } = await preflight(table, operation.id, spec);
  const { context } = layout;

  const nodes = await NodeBatches.start({
    type: 'curveNodeBatch',
    context,
    tasks: tasksOf(layout),
    table,
    summaries: { preflight: 'nothing in the way' },
  });
  operation.nodes = nodes;
  await nodes.passed('preflight');
  await nodes.open('format');

  const phase = { table, nodes, context, existing };
  await etcd(phase);
  await mds(phase);
  await physicalPool(table, layout);
  await nodes.open('chunkservers');
  await nodes.finished();
  await logicalPool(table, layout);
  await snapshotclone(phase);
}
