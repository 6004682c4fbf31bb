import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { operationFailure } from '../../systems/failures.ts';
import { applicationFailure, failureTextOf } from '../failure.ts';
import { supersede } from '../messages.ts';
import { watchNodeLiveness } from '../nodes/liveness.ts';
import { BatchProgress } from './batch-progress.ts';
import { LeftAtSafePoint, NodeChain } from './node-chain.ts';
import {
  type Gate,
  type NodeBatchInput,
  type NodeBatchReport,
  type NodeTask,
  nodeBatchReport,
  openGate,
} from './node-tasks.ts';

/** One node's way through the operation, as a system tells it. */
export type NodeStory<Context, Task extends NodeTask> = (
  chain: NodeChain,
  context: Context,
  task: Task,
) => Promise<void>;

/**
 * The work on up to NODES_PER_BATCH nodes of one operation. Every node goes through its own chain of phases, so a slow
 * node holds up nobody and a lost one only itself. Ends when every node is through, has failed or has left.
 */
export async function runNodeBatch<Context, Task extends NodeTask>(
  { context, tasks, batch }: NodeBatchInput<Context, Task>,
  story: NodeStory<Context, Task>,
): Promise<NodeBatchReport> {
  const progress = new BatchProgress(batch, tasks);
  const open = new Set<Gate>();
  const work = tasks.map((task) => ({ task, chain: new NodeChain(task.node, progress, open) }));

  setHandler(openGate, (gate) => void open.add(gate));
  setHandler(supersede, ({ by }) => {
    for (const { chain } of work) chain.stop(by);
  });

  let ended = false;
  // A cancelled batch still reports where its nodes are.
  const reporting = CancellationScope.nonCancellable(() => reportToOperation(progress, () => ended));
  await Promise.all(
    work.map(({ task, chain }) => runChain(chain, progress, () => story(chain, context, task))),
  );
  ended = true;
  await reporting;
  return progress.report();
}

/** Runs one node's chain and knows meanwhile whether the node answers. */
async function runChain(
  chain: NodeChain,
  progress: BatchProgress,
  story: () => Promise<void>,
): Promise<void> {
  const liveness = new CancellationScope();
  const watching = liveness.run(() =>
    watchNodeLiveness(chain.node, (answers) => {
      chain.answers(answers);
      progress.answers(chain.node, answers);
    }),
  );
  try {
    await chain.answered();
    await story();
    progress.complete(chain.node);
  } catch (err) {
    // What was left at a safe point has not failed: the next operation goes on with it.
    if (!(err instanceof LeftAtSafePoint)) progress.fail(chain.node, failureTextOf(err));
  } finally {
    liveness.cancel();
    await watching;
  }
}

/** Reports changes to the operation: what it must act on at once, the rest in at most a few steps per phase. */
async function reportToOperation(progress: BatchProgress, ended: () => boolean): Promise<void> {
  const parent = workflowInfo().parent;
  if (!parent) {
    const message = 'a node batch runs only as a child of an operation';
    throw applicationFailure(operationFailure('BatchWithoutOperation', { message }));
  }
  const operation = getExternalWorkflowHandle(parent.workflowId);
  for (;;) {
    await condition(() => progress.worthReporting() || ended());
    if (ended()) return;
    setCurrentDetails(progress.markdown());
    await operation.signal(nodeBatchReport, progress.takeReport());
  }
}
