import { proxyActivities } from '@temporalio/workflow';
import type { NodeActivities } from '../../../src/activities/node/contract.ts';

/** Calls one activity of a node worker, with the limits that src/workflows/activity-options.ts sets for work on a node. */
export async function callNode<N extends keyof NodeActivities>(
  taskQueue: string,
  activity: N,
  args: Parameters<NodeActivities[N]>,
): Promise<Awaited<ReturnType<NodeActivities[N]>>> {
  const node = proxyActivities<NodeActivities>({
    taskQueue,
    startToCloseTimeout: '7 days',
    heartbeatTimeout: '10s',
    cancellationType: 'TRY_CANCEL',
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
  });
  // The proxy's type does not follow a name that is chosen at run time.
  const call = node[activity] as unknown as (
    ...args: unknown[]
  ) => Promise<Awaited<ReturnType<NodeActivities[N]>>>;
  return call(...args);
}
