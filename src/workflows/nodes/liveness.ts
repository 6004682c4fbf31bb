import { CancellationScope, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { NodeActivities } from '../../activities/node/contract.ts';
import { installationOf } from '../ids.ts';
import { probeQueue } from '../queues.ts';

/**
 * Whether a node answers is judged here alone, on its probe queue: work and looks simply wait until the node picks them
 * up. The two limits add up when a node dies just after a probe was scheduled; together they stay under 25 s, so that a
 * node is named within 30 s.
 */
export const PICKED_UP_WITHIN = '10s';
export const SILENT_FOR = '14s';

const once = { maximumAttempts: 1 };

const probe = (node: string) =>
  proxyActivities<NodeActivities>({
    taskQueue: probeQueue(installationOf(workflowInfo().workflowId), node),
    summary: `ask ${node} whether it answers`,
    scheduleToStartTimeout: PICKED_UP_WITHIN,
    startToCloseTimeout: '10s',
    cancellationType: 'TRY_CANCEL',
    retry: once,
  });

const watchLiveness = (node: string) =>
  proxyActivities<NodeActivities>({
    taskQueue: probeQueue(installationOf(workflowInfo().workflowId), node),
    summary: `notice when ${node} stops answering`,
    scheduleToStartTimeout: PICKED_UP_WITHIN,
    startToCloseTimeout: '30 days',
    heartbeatTimeout: SILENT_FOR,
    cancellationType: 'TRY_CANCEL',
    retry: once,
  });

/** Scheduled once and picked up when the node is back, whenever that is: no loop, hence no events while it is away. */
const awaitReturn = (node: string) =>
  proxyActivities<NodeActivities>({
    taskQueue: probeQueue(installationOf(workflowInfo().workflowId), node),
    summary: `${node} does not answer: waiting for it to come back`,
    startToCloseTimeout: '10s',
    cancellationType: 'TRY_CANCEL',
    retry: { initialInterval: '1s', maximumInterval: '10s' },
  });

/**
 * Attends one node until the surrounding scope is cancelled and tells each change; the first answer or miss is told too.
 */
export async function watchNodeLiveness(node: string, tell: (answers: boolean) => void): Promise<void> {
  let asked = probe(node).probeNode() as Promise<unknown>;
  for (;;) {
    try {
      await asked;
      tell(true);
      await watchLiveness(node).watchLiveness();
    } catch {
      // Both limits of this file end here, and so does a worker that was restarted: whatever the reason, the node has
      // to answer again.
      if (CancellationScope.current().consideredCancelled) return;
      tell(false);
    }
    asked = awaitReturn(node).probeNode();
  }
}
