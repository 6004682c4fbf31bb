import type { CurveContext } from '../../systems/curve/layout.ts';
import { dataDirOf } from '../../systems/curve/places.ts';
import { workOn } from '../activity-options.ts';
import { type BatchWaits, batchWaits } from './batch-waits.ts';
import { runNodeBatch } from '../operation/node-batch.ts';
import type { NodeChain } from '../operation/node-chain.ts';
import type { NodeBatchInput, NodeBatchReport } from '../operation/node-tasks.ts';
import { chunkfilepool } from './node-chunkfilepool.ts';
import { chunkservers } from './node-chunkservers.ts';
import { format } from './node-format.ts';
import { checkNode } from './node-preflight.ts';
import type { CurveNodeTask } from './node-tasks.ts';

/** The work on a batch of nodes of one Curve operation. */
export async function curveNodeBatch(
  input: NodeBatchInput<CurveContext, CurveNodeTask>,
): Promise<NodeBatchReport> {
  const waits = batchWaits(input.context);
  return runNodeBatch(input, (chain, context, task) => provisionNode(chain, context, task, waits));
}

/**
 * One node: check, format, chunkfilepool, chunkservers.
 *
 * Gate `format`: every node that answers has passed its check, so the first write may happen. Gate `chunkservers`: MDS
 * knows the servers, so chunkservers may register.
 */
async function provisionNode(
  chain: NodeChain,
  context: CurveContext,
  task: CurveNodeTask,
  waits: BatchWaits,
): Promise<void> {
  const disks = await chain.phase('preflight', () => checkNode(context, task));
  await chain.gate('format');
  await claim(chain, context);
  const { storage } = task;
  if (!storage) return;
  await chain.phase('format', () => format(chain, context, storage, disks));
  await chain.phase('chunkfilepool', () => chunkfilepool(chain, context, storage, waits));
  await chain.gate('chunkservers');
  await chain.phase('chunkservers', () => chunkservers(context, storage, waits));
}

/** Before any daemon writes there, and only after the check: what a stranger left must not get our owner file. */
async function claim(chain: NodeChain, context: CurveContext): Promise<void> {
  const { clusterId, operation } = context;
  const dataDir = dataDirOf(context);
  await chain.change(() =>
    workOn(chain.node, `claim ${dataDir.path} on ${chain.node}`).claimHostDataDir({
      clusterId,
      cluster: `${operation.namespace}/${operation.name}`,
      dataDir,
    }),
  );
  chain.claimed();
}
