import type { Kube } from './client.ts';
import { list } from './objects.ts';
import { DEPLOYMENTS, PODS } from './resources.ts';

type Deployment = NonNullable<typeof DEPLOYMENTS.shape>;
type Pod = NonNullable<typeof PODS.shape>;

/** A Deployment, and whether a container of its pods has run at least once: from then on it may have left data behind. */
export interface StartedDeployment {
  readonly deployment: Deployment;
  readonly started: boolean;
}

/** Reads all Deployments of a scope with their pods, which must carry the labels of the scope too. */
export async function readDeployments(
  kube: Kube,
  scope: { readonly namespace: string; readonly labelSelector: string },
): Promise<readonly StartedDeployment[]> {
  const [deployments, pods] = await Promise.all([list(kube, DEPLOYMENTS, scope), list(kube, PODS, scope)]);
  return deployments.items.map((deployment) => ({
    deployment,
    started: wasAvailable(deployment) || pods.items.some((pod) => belongs(pod, deployment) && hasRun(pod)),
  }));
}

function belongs(pod: Pod, deployment: Deployment): boolean {
  const wanted = Object.entries(deployment.spec?.selector.matchLabels ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => pod.metadata?.labels?.[key] === value);
}

/** Kubernetes keeps this after the pod that once ran was replaced. */
const wasAvailable = ({ status }: Deployment): boolean =>
  status?.conditions?.some((c) => c.type === 'Progressing' && c.reason === 'NewReplicaSetAvailable') === true;

/** Containers that run, ended, or were started again; one that waits for its first start has not. */
function hasRun({ status }: Pod): boolean {
  return (status?.containerStatuses ?? []).some(
    ({ state, lastState, restartCount }) =>
      state?.running !== undefined ||
      state?.terminated !== undefined ||
      lastState?.terminated !== undefined ||
      restartCount > 0,
  );
}
