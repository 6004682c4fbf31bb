import { isCancellation, proxyActivities, TimeoutFailure, ActivityFailure } from '@temporalio/workflow';
import type { NodeActivities } from '../../activities/node/contract.ts';
import type { DevicesAnswer, DevicesInput } from '../messages.ts';
import { probeQueue } from '../queues.ts';
import { HEARTBEAT_TIMEOUT } from '../activity-options.ts';

/** A person waits for the answer: a node that does not pick up within this time does not answer. */
const PICKED_UP_WITHIN = '8s';

/** A look on a node for a person who waits: it is tried once, and a node that does not answer is an answer. */
export const readOnce = (node: string, summary: string) =>
  proxyActivities<NodeActivities>({
    taskQueue: probeQueue(node),
    summary,
    scheduleToStartTimeout: PICKED_UP_WITHIN,
    startToCloseTimeout: '1m',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: { maximumAttempts: 1 },
  });

/** Undefined when the node did not answer in time; its own errors are passed on. */
export async function orUnanswered<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (err) {
    if (isCancellation(err) || !(err instanceof ActivityFailure && err.cause instanceof TimeoutFailure))
      throw err;
    return undefined;
  }
}

/** The disks of one node, with the reasons why one cannot be used. */
export async function nodeDevices({ node }: DevicesInput): Promise<DevicesAnswer> {
  const disks = await orUnanswered(readOnce(node, `list the disks of ${node}`).listDevices());
  return { node, answered: disks !== undefined, disks: disks ?? [] };
}
