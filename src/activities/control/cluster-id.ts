import { randomUUID } from 'node:crypto';
import { ownerWords } from '../../kube/apply.ts';
import type { Kube } from '../../kube/client.ts';
import { createIfAbsent, find } from '../../kube/objects.ts';
import { CONFIG_MAPS, objectKey } from '../../kube/resources.ts';
import { operationFailure } from '../../systems/failures.ts';
import { LABEL, MANAGED_BY, clusterIdName, clusterLabels } from '../../systems/names.ts';
import type { ResourceRef } from '../../systems/operation.ts';
import type { StepCheck } from '../../systems/readiness.ts';
import { applicationFailure } from '../failure.ts';
import type { ActivityContext } from './activity-context.ts';

/** Key of the id in the ConfigMap. */
const KEY = 'clusterId';

/**
 * Takes up the id of a cluster, or mints one. Creation decides between racers: the loser reads the winner's id. The
 * ConfigMap has no owner, so a resource that is made again under the same name finds its disks again.
 */
export async function claimClusterId({ kube }: ActivityContext, resource: ResourceRef): Promise<string> {
  const { namespace, name } = resource;
  const minted = randomUUID();
  const kept = await createIfAbsent(kube, CONFIG_MAPS, {
    metadata: { namespace, name: clusterIdName(name), labels: clusterLabels(resource, minted) },
    data: { [KEY]: minted, cluster: `${namespace}/${name}` },
  });
  return idIn(kept) ?? refuse(kept);
}

/** The id of a cluster, if one was minted. */
export async function clusterIdOf(kube: Kube, { namespace, name }: ResourceRef): Promise<string | undefined> {
  const kept = await find(kube, CONFIG_MAPS, { namespace, name: clusterIdName(name) });
  return kept === undefined ? undefined : idIn(kept);
}

/** For health checks. Only an operation mints an id: whoever merely looks would give a lost cluster a second identity. */
export function clusterIdCheck({ namespace, name }: ResourceRef, clusterId: string | undefined): StepCheck {
  const at = `${namespace}/${clusterIdName(name)}`;
  const detail =
    clusterId === undefined
      ? `ConfigMap ${at} holds no cluster id: the first operation makes one; where the cluster ran before, restore it, ` +
        'since its disks carry it'
      : `the cluster id is ${clusterId}`;
  return { reason: 'ClusterIdMissing', holds: clusterId !== undefined, detail };
}

type Kept = Awaited<ReturnType<typeof createIfAbsent<NonNullable<(typeof CONFIG_MAPS)['shape']>>>>;

function idIn(kept: Kept): string | undefined {
  const id = kept.data?.[KEY];
  const ours = kept.metadata?.labels?.[LABEL.managedBy] === MANAGED_BY;
  return ours && id !== undefined && /^[0-9a-f-]{36}$/.test(id) ? id : undefined;
}

function refuse(kept: Kept): never {
  const at = objectKey(kept.metadata);
  throw applicationFailure(
    operationFailure('ClusterIdUnreadable', {
      message: `ConfigMap ${at} exists and holds no cluster id of Keelson (owner: ${ownerWords(kept)})`,
      subject: `ConfigMap ${at}`,
    }),
  );
}
