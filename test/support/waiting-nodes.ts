/** The product's workflows, and nodes that have come to their wait for chunkservers without the way to it. */
import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import type { CurveContext, StorageNode } from '../../src/systems/curve/layout.ts';
import { batchWaits } from '../../src/workflows/curve/batch-waits.ts';
import { failureMessage } from '../../src/workflows/failure.ts';

export * from '../../src/workflows/index.ts';

/** One node more comes. */
export const nodeComes = defineSignal<[StorageNode]>('nodeComes');

export interface WaitingNodesInput {
  readonly context: CurveContext;
  readonly nodes: readonly StorageNode[];
}

/** How the wait of each node ended, by its name: `ready`, or the failure. */
export async function waitingNodes({ context, nodes }: WaitingNodesInput): Promise<Record<string, string>> {
  const { chunkserversOnline } = batchWaits(context);
  const ends: Record<string, string> = {};
  let waiting = 0;
  const wait = async (node: StorageNode): Promise<void> => {
    waiting++;
    ends[node.node] = await chunkserversOnline.until(node).then(() => 'ready', failureMessage);
    waiting--;
  };
  setHandler(nodeComes, (node) => void wait(node));
  for (const node of nodes) void wait(node);
  await condition(() => waiting === 0);
  return ends;
}
