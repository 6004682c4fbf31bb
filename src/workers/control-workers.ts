import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { ControlActivitySet } from '../activities/control/contract.ts';
import type { Installation } from '../workflows/ids.ts';
import { controlQueue, waitQueue } from '../workflows/queues.ts';
import { failpoints } from './failpoints.ts';

/**
 * Activities that take seconds. More at a time would not be faster, since one API server answers them all; with fewer, a
 * thousand nodes that begin at the same moment would keep a status waiting for longer than a person does.
 */
const CALL_SLOTS = 200;

/**
 * Waits cost a few watches and little else. Three thousand nodes are 94 batches with at most two waits each, and every
 * cluster has a health check that lasts: in each control worker there is room for five such operations or for hundreds
 * of clusters.
 */
const WAIT_SLOTS = 1_000;

/** A workflow that is not kept in memory is replayed for its next task. Three operations on three thousand nodes fit. */
const CACHED_WORKFLOWS = 300;

export interface ControlWorkersOptions extends Omit<
  WorkerOptions,
  'taskQueue' | 'activities' | 'workflowBundle' | 'workflowsPath' | 'maxCachedWorkflows'
> {
  readonly installation: Installation;
  readonly activities: ControlActivitySet;
  readonly workflows: Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath' | 'maxCachedWorkflows'>;
  /** Tests only: where activities announce themselves and wait. */
  readonly failpointUrl?: string | undefined;
}

/**
 * The workers of one control worker process, on one connection: workflows with the activities that take seconds, and,
 * in slots of their own, the waits.
 */
export function createControlWorkers({
  installation,
  activities: { calls, waits },
  workflows,
  failpointUrl,
  ...options
}: ControlWorkersOptions): Promise<readonly Worker[]> {
  const shared = {
    // People read progress from heartbeats; the SDK's default would hold them back for a minute.
    maxHeartbeatThrottleInterval: '1 s',
    shutdownGraceTime: '10 s',
    // Below the terminationGracePeriodSeconds of the chart.
    shutdownForceTime: '30 s',
    ...(failpointUrl === undefined ? {} : { interceptors: { activity: [failpoints(failpointUrl)] } }),
    ...options,
  } satisfies Partial<WorkerOptions>;
  const forCalls = {
    ...shared,
    taskQueue: controlQueue(installation),
    activities: calls,
    maxConcurrentActivityTaskExecutions: CALL_SLOTS,
    maxCachedWorkflows: CACHED_WORKFLOWS,
    ...workflows,
  };
  const forWaits = {
    ...shared,
    taskQueue: waitQueue(installation),
    activities: waits,
    maxConcurrentActivityTaskExecutions: WAIT_SLOTS,
  };
  return Promise.all([Worker.create(forCalls), Worker.create(forWaits)]);
}
