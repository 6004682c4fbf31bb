import type { CurveContext, StorageNode } from '../../systems/curve/layout.ts';
import type { Outcome } from '../operation/node-chain.ts';
import { curve } from './activities.ts';
import type { BatchWaits } from './batch-waits.ts';

/** One chunkserver per disk, online in MDS and answering on its own port. */
export async function chunkservers(
  context: CurveContext,
  node: StorageNode,
  { chunkserversOnline }: BatchWaits,
): Promise<Outcome<void>> {
  const step = { context, node };
  const count = `${node.disks.length} chunkservers on ${node.node}`;
  const seen = await curve.read(`look at ${count}`).observeChunkservers(step);
  if (seen.satisfied) return { skipped: true, value: undefined };

  await curve.write(`apply ${count}`).applyChunkservers(step);
  await chunkserversOnline.until(node);
  return { skipped: false, value: undefined };
}
