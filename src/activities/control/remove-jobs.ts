import type { Kube } from '../../kube/client.ts';
import { type Removal, remove } from '../../kube/objects.ts';
import { JOBS } from '../../kube/resources.ts';
import type { JobRun } from './job-runs.ts';
import { isStranded } from './pods.ts';

export async function removeJob(kube: Kube, { job }: JobRun, removal: Removal = {}): Promise<void> {
  const { namespace = '', name = '', uid } = job.metadata ?? {};
  await remove(kube, JOBS, { namespace, name }, { uid, ...removal });
}

/**
 * Takes away Jobs whose pod will never end by itself. Nothing of it runs, but only when its kubelet has let go of the pod
 * is that certain for ever; so the Job stays until then, and whoever waits for the run goes on waiting.
 */
export async function freeStranded(kube: Kube, runs: readonly JobRun[]): Promise<void> {
  const stranded = runs.filter(
    ({ pod, job }) => pod && isStranded(pod) && job.metadata?.deletionTimestamp === undefined,
  );
  for (const run of stranded) await removeJob(kube, run, { propagation: 'Foreground' });
}
