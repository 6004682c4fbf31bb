import type { Kube } from '../../kube/client.ts';
import { type Scope, find, list } from '../../kube/objects.ts';
import { NODES, PODS } from '../../kube/resources.ts';
import { ANNOTATION } from '../../systems/names.ts';
import type { ActivityContext } from './activity-context.ts';
import { type JobRun, type JobsSeen, type Node, runsIn } from './job-runs.ts';

/**
 * The runs of a scope. Jobs and pods come by two watches, and the one may be ahead: a Job that has ended while its pod
 * was never seen is looked at again with the pods as they are now, or its exit code would be lost. Where the pod is gone
 * the Job's node decides, and is read for that: hardly ever, so that nobody has to watch all nodes.
 */
export async function certainRuns(
  { kube }: ActivityContext,
  scope: Scope,
  seen: JobsSeen,
): Promise<readonly JobRun[]> {
  const runs = runsIn(seen);
  if (!runs.some(hasLostPod)) return runs;
  const now = { ...seen, pods: (await list(kube, PODS, scope)).items };
  const lost = runsIn(now).filter(hasLostPod);
  return runsIn({ ...now, nodes: await nodesOf(kube, lost) });
}

const hasLostPod = ({ state, pod }: JobRun): boolean => state !== 'running' && !pod;

async function nodesOf(kube: Kube, runs: readonly JobRun[]): Promise<readonly Node[]> {
  const names = new Set(runs.flatMap(({ job }) => job.metadata?.annotations?.[ANNOTATION.node] ?? []));
  const found = await Promise.all([...names].map((name) => find(kube, NODES, { name })));
  return found.filter((node) => node !== undefined);
}
