import { type ActivityOptions, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { ControlActivities } from '../activities/control/contract.ts';
import type { NodeActivities } from '../activities/node/contract.ts';
import { activityName } from '../systems/activity-names.ts';
import { installationOf } from './ids.ts';
import { controlQueue, nodeQueue, probeQueue, waitQueue } from './queues.ts';

/**
 * How activities are called. Every call begins with a summary in words, which is what a person reads in the Temporal UI:
 * `await read('ask etcd for its health').observeEtcd(context)`.
 *
 * Whatever is transient is retried for ever with a short backoff: the cause may be a node that is away for a day, and a
 * person must not be needed when it comes back. What a person must fix arrives as a non-retryable failure.
 */
const RETRY = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' } as const;

/** A worker that died is noticed after this long; the retry then runs elsewhere, or when the node is back. */
const HEARTBEAT_TIMEOUT = '10s';

/** A person waits for the answer: a node that does not pick up within this time does not answer. */
const PICKED_UP_WITHIN = '8s';

/** Takes seconds. */
const SHORT = { startToCloseTimeout: '30s', heartbeatTimeout: HEARTBEAT_TIMEOUT, retry: RETRY } as const;

/** Ends when its condition is true. No real deadline: a lost node may take days to return. */
const LONG = {
  startToCloseTimeout: '30 days',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  cancellationType: 'TRY_CANCEL',
  retry: RETRY,
} as const;

/**
 * The one watch over something that is always running. It writes what people read, so the next one must not begin
 * before it has ended.
 */
const FOLLOW = { ...LONG, cancellationType: 'WAIT_CANCELLATION_COMPLETED' } as const;

const READ_ON_NODE = { ...LONG, startToCloseTimeout: '1m' } as const;

const ONCE = {
  scheduleToStartTimeout: PICKED_UP_WITHIN,
  startToCloseTimeout: '1m',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { maximumAttempts: 1 },
} as const;

/** The activities of one system, or the general ones, by what kind of call they are. */
export interface ActivityCalls<Calls, Waits, Node> {
  /** Observes once and changes nothing. */
  readonly read: (summary: string) => Calls;
  /** One idempotent change of a few objects. */
  readonly write: (summary: string) => Calls;
  /** Ends when its condition is true, which may take days: on the queue of the waits. */
  readonly watch: (summary: string) => Waits;
  /** Follows something for as long as it is there; ends when it has something to report. On the queue of the waits. */
  readonly follow: (summary: string) => Waits;
  /** Observes on one node, on the queue that is never busy. */
  readonly readOn: (node: string, summary: string) => Node;
  /** The same for a person who waits: tried once, and a node that does not answer is an answer. */
  readonly readOnce: (node: string, summary: string) => Node;
  /** Changes one node's disks. Picked up whenever the node is there: no schedule-to-start limit, no attempt limit. */
  readonly workOn: (node: string, summary: string) => Node;
  /** Progress of work that runs elsewhere on the node, reported until it is cancelled. */
  readonly watchOn: (node: string, summary: string) => Node;
}

/**
 * What takes seconds and what waits are two types, so that neither can be called on the other's queue.
 * @param system whose activities are called; none for the general ones
 */
export function activitiesOf<Calls extends object, Waits extends object, Node extends object>(
  system?: string,
): ActivityCalls<Calls, Waits, Node> {
  const call = (summary: string) =>
    named({ ...SHORT, summary, taskQueue: controlQueue(installation()) }, system) as Calls;
  const wait = (options: ActivityOptions) => (summary: string) =>
    named({ ...options, summary, taskQueue: waitQueue(installation()) }, system) as Waits;
  const onNode = (queueOf: typeof nodeQueue, options: ActivityOptions) => (node: string, summary: string) =>
    named({ ...options, summary, taskQueue: queueOf(installation(), node) }, system) as Node;
  return {
    read: call,
    write: call,
    watch: wait(LONG),
    follow: wait(FOLLOW),
    readOn: onNode(probeQueue, READ_ON_NODE),
    readOnce: onNode(probeQueue, ONCE),
    workOn: onNode(nodeQueue, LONG),
    watchOn: onNode(probeQueue, LONG),
  };
}

const installation = (): string => installationOf(workflowInfo().workflowId);

/** A proxy whose activities are known to Temporal by their system and name. */
function named(options: ActivityOptions, system: string | undefined): object {
  const proxy = proxyActivities(options);
  if (system === undefined) return proxy;
  return new Proxy(proxy, {
    get: (target, name): unknown =>
      Reflect.get(target, typeof name === 'string' ? activityName(system, name) : name),
  });
}

/** The general activities: none of them waits in the control worker. */
export const { read, write, readOn, readOnce, workOn, watchOn } = activitiesOf<
  ControlActivities,
  object,
  NodeActivities
>();
