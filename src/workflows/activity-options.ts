import { proxyActivities } from '@temporalio/workflow';
import type { ControlActivities } from '../activities/control/contract.ts';
import type { NodeActivities } from '../activities/node/contract.ts';
import { CONTROL_QUEUE, nodeQueue, probeQueue } from './queues.ts';

/**
 * How steps are called. Every call begins with a summary in words, which is what a person reads in the Temporal UI:
 * `await look('ask etcd for its health').observeEtcd(context)`.
 *
 * Whatever is transient is retried for ever with a short backoff: the cause may be a node that is away for a day, and a
 * person must not be needed when it comes back. What a person must mend arrives as a non-retryable failure.
 */
const RETRY = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' } as const;

/** A worker that died is noticed after this long; the retry then runs elsewhere, or when the node is back. */
export const HEARTBEAT_TIMEOUT = '10s';

/** Takes seconds. */
const short = (summary: string) =>
  proxyActivities<ControlActivities>({
    taskQueue: CONTROL_QUEUE,
    summary,
    startToCloseTimeout: '30s',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: RETRY,
  });

/** One look that changes nothing. */
export const read = (summary: string) => short(summary);

/** One idempotent change of a few objects. */
export const write = (summary: string) => short(summary);

/** A watch that ends when its condition is true; no deadline, since a lost node may take days to return. */
export const watch = (summary: string) =>
  proxyActivities<ControlActivities>({
    taskQueue: CONTROL_QUEUE,
    summary,
    startToCloseTimeout: '30 days',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    cancellationType: 'TRY_CANCEL',
    retry: RETRY,
  });

/** Looks on one node, on the queue that is never busy. */
export const readOn = (node: string, summary: string) =>
  proxyActivities<NodeActivities>({
    taskQueue: probeQueue(node),
    summary,
    startToCloseTimeout: '1m',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    cancellationType: 'TRY_CANCEL',
    retry: RETRY,
  });

/** Work on one node's disks. Picked up whenever the node is there: no schedule-to-start limit, no attempt limit. */
export const workOn = (node: string, summary: string) =>
  proxyActivities<NodeActivities>({
    taskQueue: nodeQueue(node),
    summary,
    startToCloseTimeout: '7 days',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    cancellationType: 'TRY_CANCEL',
    retry: RETRY,
  });

/** Progress of work that runs elsewhere on the node, reported until it is cancelled. */
export const watchOn = (node: string, summary: string) =>
  proxyActivities<NodeActivities>({
    taskQueue: probeQueue(node),
    summary,
    startToCloseTimeout: '7 days',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    cancellationType: 'TRY_CANCEL',
    retry: RETRY,
  });
