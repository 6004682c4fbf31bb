import { type Scope, list } from '../../kube/objects.ts';
import { PODS } from '../../kube/resources.ts';
import type { ActivityContext } from './activity-context.ts';
import { type JobRun, type JobsSeen, runsIn } from './job-runs.ts';

/**
 * The runs of a scope. Jobs and pods come by two watches, and the one may be ahead: a Job that has ended while its pod
 * was never seen is looked at again with the pods as they are now, or its exit code would be lost.
 */
export async function certainRuns(
  { kube }: ActivityContext,
  scope: Scope,
  seen: JobsSeen,
): Promise<readonly JobRun[]> {
  const runs = runsIn(seen);
  if (!runs.some(({ state, pod }) => state !== 'running' && !pod)) return runs;
  return runsIn({ ...seen, pods: (await list(kube, PODS, scope)).items });
}
