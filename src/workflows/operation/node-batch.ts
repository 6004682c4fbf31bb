import {
  ApplicationFailure,
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { failureMessage, applicationFailureOf } from '../failure.ts';
import { watchNodeLiveness } from '../nodes/liveness.ts';
import { supersede } from '../messages.ts';
import { NodeChain, SUPERSEDED } from './node-chain.ts';
import {
  type Gate,
  type NodeBatchInput,
  type NodeBatchReport,
  nodeBatchReport,
  openGate,
} from './node-tasks.ts';
import { BatchProgress } from './batch-progress.ts';

/**
 * The work on up to NODES_PER_EXECUTION nodes of one operation. Every node goes through its own chain of phases, so a
 * slow node holds up nobody and a lost one only itself. Ends when every node is through, has failed or has left.
 */
export async function curveNodeBatch(input: NodeBatchInput): Promise<NodeBatchReport> {
  const card = new BatchProgress(input.batch, input.tasks);
  const open = new Set<Gate>();
  const chains = input.tasks.map((task) => new NodeChain(input.context, task, card, open));

  setHandler(openGate, (gate) => void open.add(gate));
  setHandler(supersede, ({ by }) => {
    for (const chain of chains) chain.stop(by);
  });

  let ended = false;
  // A cancelled batch still tells where its nodes are.
  const telling = CancellationScope.nonCancellable(() => tellOperation(card, () => ended));
  await Promise.all(chains.map((chain) => attendWhile(chain, card)));
  ended = true;
  await telling;
  return card.report();
}

/** Runs one node's chain and knows meanwhile whether the node answers. */
async function attendWhile(chain: NodeChain, card: BatchProgress): Promise<void> {
  const attendance = new CancellationScope();
  const attending = attendance.run(() =>
    watchNodeLiveness(chain.node, (answers) => {
      chain.answers(answers);
      card.answers(chain.node, answers);
    }),
  );
  try {
    await chain.run();
    card.complete(chain.node);
  } catch (err) {
    // What was left at a safe point has not failed: the next operation goes on with it.
    if (applicationFailureOf(err)?.type !== SUPERSEDED) card.fail(chain.node, failureMessage(err));
  } finally {
    attendance.cancel();
    await attending;
  }
}

/** Reports changes to the operation: what it must act on at once, the rest in at most a few steps per phase. */
async function tellOperation(card: BatchProgress, ended: () => boolean): Promise<void> {
  const parent = workflowInfo().parent;
  if (!parent) throw ApplicationFailure.nonRetryable('curveNodeBatch runs only as a child of an operation');
  const operation = getExternalWorkflowHandle(parent.workflowId);
  for (;;) {
    await condition(() => card.worthReporting() || ended());
    if (ended()) return;
    setCurrentDetails(card.markdown());
    await operation.signal(nodeBatchReport, card.takeReport());
  }
}
