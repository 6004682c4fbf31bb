import { workOnFolder } from './node-folder.ts';
import { runNodeBatch } from '../../../src/workflows/operation/node-batch.ts';
import type {
  NodeBatchInput,
  NodeBatchReport,
  NodeTask,
} from '../../../src/workflows/operation/node-tasks.ts';
import type { ExampleContext } from '../systems/layout.ts';

/** The work on a batch of nodes of one operation: each goes through its own chain, here of one phase. */
export async function exampleNodeBatch(
  input: NodeBatchInput<ExampleContext, NodeTask>,
): Promise<NodeBatchReport> {
  return runNodeBatch(input, (chain, context) => chain.phase('folder', () => workOnFolder(chain, context)));
}
