import type { Kube } from '../kube/client.ts';
import { readDeployments } from '../kube/started.ts';
import type { ExistingCluster } from '../systems/curve/facts.ts';
import { LABEL, MANAGED_BY, labelValue, selector } from '../systems/curve/names.ts';
import { existingDaemon } from '../systems/curve/objects/existing.ts';
import type { ClusterRef } from '../workflows/messages.ts';

/** The daemons of a cluster as they are in Kubernetes now, whichever resource they were made for. */
export async function existingCluster(kube: Kube, { namespace, name }: ClusterRef): Promise<ExistingCluster> {
  const labelSelector = selector({ [LABEL.managedBy]: MANAGED_BY, [LABEL.cluster]: labelValue(name) });
  const found = await readDeployments(kube, { namespace, labelSelector });
  return {
    daemons: found.flatMap(({ deployment, started }) => existingDaemon(deployment, started) ?? []),
  };
}
