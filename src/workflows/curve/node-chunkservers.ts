import type { CurveContext, StorageNode } from '../../systems/curve/layout.ts';
import { write, read, watch } from '../activity-options.ts';
import type { Outcome } from '../operation/node-chain.ts';

/** One chunkserver per disk, online in MDS and answering on its own port. */
export async function chunkservers(context: CurveContext, node: StorageNode): Promise<Outcome<void>> {
  const step = { context, node };
  const count = `${node.disks.length} chunkservers on ${node.node}`;
  const seen = await read(`look at ${count}`).observeChunkservers(step);
  if (seen.satisfied) return { skipped: true, value: undefined };

  await write(`apply ${count}`).applyChunkservers(step);
  await watch(`wait until ${count} are online`).awaitChunkservers(step);
  return { skipped: false, value: undefined };
}
