import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { CurveContext, StorageNode } from '../../systems/curve/layout.ts';
import { type ChunkFormatJob, decidePool, type PoolDecision } from '../../systems/curve/pool.ts';
import { poolsRefused } from '../../systems/curve/refusals.ts';
import { diskTarget, diskTargets } from '../../systems/curve/places.ts';
import { applicationFailure } from '../failure.ts';
import type { NodeChain, Outcome } from '../operation/node-chain.ts';
import { curve } from './activities.ts';
import type { BatchWaits } from './batch-waits.ts';

const { read, readOn, watchOn, workOn, write } = curve;

/**
 * Fills every disk of one node with chunks by curve_format, one Job per disk. What a run ended with is read from the
 * disk, never from its exit code (docs/curve.md#filling-a-disk); a run that was killed is emptied before the next, never doubled.
 */
export async function chunkfilepool(
  chain: NodeChain,
  context: CurveContext,
  node: StorageNode,
  { chunkFormatEnded }: BatchWaits,
): Promise<Outcome<void>> {
  let runs = 0;
  for (;;) {
    const { jobs, decisions } = await observe(context, node, runs);
    const by = (action: PoolDecision['action']) =>
      node.disks.filter((_, i) => decisions[i]?.action === action);

    const refused = poolsRefused(node.node, decisions);
    if (refused) throw applicationFailure(refused);
    if (by('done').length === node.disks.length) return { skipped: runs === 0, value: undefined };

    // A run of an operation before this one, with its own idea of the pool, is waited for and never doubled.
    if (by('wait').length === 0) {
      const broken = by('repair');
      if (broken.length > 0) {
        const { clusterId } = context;
        await chain.change(() =>
          workOn(node.node, `empty ${broken.length} unfinished pools on ${node.node}`).emptyPools({
            clusterId,
            node: node.node,
            disks: diskTargets(context, broken),
          }),
        );
      }
      const due = { ...node, disks: [...by('run'), ...broken] };
      await write(`start curve_format for ${due.disks.length} disks on ${node.node}`).applyChunkFormatJobs({
        context,
        node: due,
        attempt: 1 + Math.max(0, ...jobs.map((j) => j.attempt)),
      });
      runs++;
    }
    await whileCounting(context, node, () => chunkFormatEnded.until(node));
  }
}

async function observe(
  context: CurveContext,
  node: StorageNode,
  runs: number,
): Promise<{ jobs: readonly ChunkFormatJob[]; decisions: readonly PoolDecision[] }> {
  const { clusterId } = context;
  const [pools, jobs] = await Promise.all([
    readOn(node.node, `count the chunks on ${node.node}`).inspectPools({
      clusterId,
      node: node.node,
      disks: diskTargets(context, node.disks),
    }),
    read(`look for curve_format Jobs of ${node.node}`).observeChunkFormatJobs({ context, node }),
  ]);
  const decisions = node.disks.map((disk) =>
    decidePool(
      disk,
      pools.find((p) => p.device === disk.device),
      jobs.find((j) => j.device === disk.device),
      runs,
    ),
  );
  return { jobs, decisions };
}

/** Waits, while the node worker counts chunks for whoever wants to know how far the Jobs are. */
async function whileCounting(
  context: CurveContext,
  node: StorageNode,
  ended: () => Promise<void>,
): Promise<void> {
  const counting = new CancellationScope();
  const counted = counting.run(() =>
    watchOn(node.node, `count chunks as curve_format writes them on ${node.node}`).watchPools({
      clusterId: context.clusterId,
      node: node.node,
      disks: node.disks.map((disk) => ({ ...diskTarget(context, disk), percentage: disk.percentage })),
    }),
  );
  counted.catch(() => undefined); // judged below; without this a miss before the Jobs end would go unhandled
  try {
    await ended();
  } finally {
    counting.cancel();
  }
  await counted.catch((err: unknown) => {
    if (!isCancellation(err)) throw err;
  });
}
