import type { CurveContext, StorageNode } from '../../systems/curve/layout.ts';
import { BatchWait } from '../operation/batch-wait.ts';
import { curve } from './activities.ts';

/** What the nodes of a batch wait for together. A node comes when its own objects are applied, and not before. */
export interface BatchWaits {
  /** No curve_format runs on the node any more. */
  readonly chunkFormatEnded: BatchWait<StorageNode>;
  readonly chunkserversOnline: BatchWait<StorageNode>;
}

export const batchWaits = (context: CurveContext): BatchWaits => ({
  chunkFormatEnded: new BatchWait((nodes) =>
    curve.watch(`wait for curve_format on ${listed(nodes)}`).awaitChunkFormatJobs({ context, nodes }),
  ),
  chunkserversOnline: new BatchWait((nodes) =>
    curve
      .watch(`wait until the chunkservers on ${listed(nodes)} are online`)
      .awaitChunkservers({ context, nodes }),
  ),
});

/** A summary has one line in the Temporal UI. */
function listed(nodes: readonly StorageNode[]): string {
  const [first, ...others] = nodes.map(({ node }) => node);
  return others.length === 0
    ? (first ?? '')
    : `${nodes.length} nodes, ${first ?? ''} … ${others.at(-1) ?? ''}`;
}
