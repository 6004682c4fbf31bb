import type { Cluster } from './cluster.ts';
import { type DiskEvidence, diskEvidence } from './evidence-disks.ts';
import { mdsEvidence, type MdsEvidence } from './evidence-mds.ts';
import { objectEvidence, type ObjectEvidence } from './evidence-objects.ts';
import type { Sandbox } from './sandbox.ts';

/** Everything a finished cluster is, without what differs between two runs for good reason (ids, times, attempts). */
export interface Evidence {
  readonly objects: ObjectEvidence;
  readonly mds: MdsEvidence;
  /** By `<node>:<device>`. */
  readonly disks: Readonly<Record<string, DiskEvidence>>;
}

export async function evidenceOf(box: Sandbox, cluster: Cluster): Promise<Evidence> {
  const clusterId = await clusterIdOf(box, cluster);
  const mds = await mdsEvidence(box, cluster);
  return {
    objects: await objectEvidence(box, cluster, clusterId),
    mds: mds.view,
    disks: await diskEvidence(box, cluster, clusterId, mds.idOf),
  };
}

export async function clusterIdOf(box: Sandbox, { namespace, name }: Cluster): Promise<string> {
  const text = await box.kubectl(['-n', namespace, 'get', 'configmap', `${name}-keelson`, '-o', 'json']);
  return (JSON.parse(text) as { data: { clusterId: string } }).data.clusterId;
}
