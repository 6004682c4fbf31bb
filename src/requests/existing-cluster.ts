import type { Kube } from '../kube/client.ts';
import { readDeployments } from '../kube/started.ts';
import type { ExistingCluster } from '../systems/curve/facts.ts';
import { existingIn, existingSelector } from '../systems/curve/objects/existing.ts';
import type { ClusterRef } from '../workflows/messages.ts';

/** The daemons of a cluster as they are in Kubernetes now. */
export const existingCluster = async (
  kube: Kube,
  { namespace, name }: ClusterRef,
): Promise<ExistingCluster> =>
  existingIn(await readDeployments(kube, { namespace, labelSelector: existingSelector(name) }));
