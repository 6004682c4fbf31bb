import type { OperationState } from '../../../src/systems/operation.ts';
import { write } from '../../../src/workflows/activity-options.ts';
import { NodeBatches } from '../../../src/workflows/operation/node-batches.ts';
import {
  type Operation,
  type OperationInput,
  runOperation,
} from '../../../src/workflows/operation/operation.ts';
import { PHASES } from '../systems/phases.ts';
import { type ExampleSpec, TITLE } from '../systems/spec.ts';
import { example } from './activities.ts';
import { settings } from './settings.ts';

/** One operation on a store. */
export async function exampleOperation({
  operation,
  spec,
}: OperationInput<ExampleSpec>): Promise<OperationState> {
  return runOperation({ title: TITLE, phases: PHASES }, operation, (running) => provision(running, spec));
}

/** The story: the settings first, then the folder on every node. */
async function provision(operation: Operation, spec: ExampleSpec): Promise<void> {
  const { id, table } = operation;
  table.start('settings', 1);
  const clusterId = await write('take up or mint the cluster id').claimClusterId(id);
  const layout = await example.read('compute the layout').computeLayout({ operation: id, clusterId, spec });
  await settings(table, layout);

  operation.nodes = await NodeBatches.start({
    type: 'exampleNodeBatch',
    context: layout.context,
    tasks: layout.nodes.map((node) => ({ node, phases: ['folder'], claimAwaited: false })),
    table,
  });
  await operation.nodes.finished();
}
