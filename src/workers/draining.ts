import type { Logger } from 'pino';
import type { NativeConnection } from '@temporalio/worker';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import { apply } from '../kube/apply.ts';
import type { Kube } from '../kube/client.ts';
import { get, list, remove } from '../kube/objects.ts';
import { DEPLOYMENTS, type KubeObject } from '../kube/resources.ts';
import type { Place } from './environment.ts';
import { isGrpc, NOT_FOUND } from './grpc.ts';

/** Written by the worker: Kubernetes does not know which build is in an image. */
export const BUILD_ID = 'keelson.io/build-id';

/** helm reads it from the live object when it upgrades; what the chart itself renders is still uninstalled. */
const KEEP = 'helm.sh/resource-policy';

/** Number of temporal.api.enums.v1.VersionDrainageStatus: no open execution is pinned to the build. */
const DRAINED = 2;

const MANAGER = 'keelson-control';

/** An upgrade that wants another image leaves this Deployment, since operations are pinned to its build. */
export async function keepOverUpgrades(kube: Kube, place: Place, buildId: string): Promise<void> {
  const at = { namespace: place.namespace, name: place.deployment };
  const { metadata } = await get(kube, DEPLOYMENTS, at);
  if (metadata?.annotations?.[BUILD_ID] === buildId && metadata.annotations[KEEP] === 'keep') return;
  // With its uid, so that one which was deleted meanwhile is not made again.
  const uid = metadata?.uid ?? '';
  const marked = { ...at, uid, annotations: { [BUILD_ID]: buildId, [KEEP]: 'keep' } };
  await apply(kube, DEPLOYMENTS, { metadata: marked }, { manager: MANAGER, force: true });
}

interface DrainingOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly version: WorkerDeploymentVersion;
  readonly kube: Kube;
  readonly log: Logger;
}

/** Removes the Deployments of builds that no operation is pinned to; the others stay for as long as theirs run. */
export async function retireOthers(
  options: DrainingOptions,
  place: Place,
  rollout: KubeObject,
): Promise<void> {
  const { kube, log } = options;
  for (const old of await others(kube, place)) {
    const buildId = old.metadata?.annotations?.[BUILD_ID];
    const name = old.metadata?.name ?? '';
    if (await isNeeded(options, buildId)) {
      await leaveWithRelease(kube, old, rollout);
      continue;
    }
    await remove(kube, DEPLOYMENTS, { namespace: place.namespace, name }, { uid: old.metadata?.uid });
    log.info({ deployment: name, build: buildId }, 'a build has no operation left: its workers are removed');
  }
}

/** All Deployments of control workers of this release but our own. */
async function others(kube: Kube, { namespace, deployment }: Place): Promise<readonly KubeObject[]> {
  const own = await get(kube, DEPLOYMENTS, { namespace, name: deployment });
  const labels = own.metadata?.labels ?? {};
  const labelSelector = ['name', 'instance', 'component']
    .map((key) => `app.kubernetes.io/${key}`)
    .map((key) => `${key}=${labels[key] ?? ''}`)
    .join(',');
  const { items } = await list(kube, DEPLOYMENTS, { namespace, labelSelector });
  return items.filter((d) => d.metadata?.uid !== own.metadata?.uid);
}

/** Whether an operation may be pinned to a build. One that never was current began nothing. */
async function isNeeded(
  { connection, namespace, version }: DrainingOptions,
  buildId: string | undefined,
): Promise<boolean> {
  if (buildId === undefined || buildId === version.buildId) return false;
  try {
    const { workerDeploymentVersionInfo } = await connection.workflowService.describeWorkerDeploymentVersion({
      namespace,
      deploymentVersion: { ...version, buildId },
    });
    return Number(workerDeploymentVersionInfo?.drainageInfo?.status) !== DRAINED;
  } catch (error) {
    if (isGrpc(error, NOT_FOUND)) return false;
    throw error;
  }
}

/** The chart has forgotten it: Kubernetes removes it with the ConfigMap, which helm uninstalls. */
async function leaveWithRelease(kube: Kube, old: KubeObject, rollout: KubeObject): Promise<void> {
  const owner = { name: rollout.metadata?.name ?? '', uid: rollout.metadata?.uid ?? '' };
  if (old.metadata?.ownerReferences?.some(({ uid }) => uid === owner.uid)) return;
  const { namespace = '', name = '', uid = '' } = old.metadata ?? {};
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', ...owner }];
  await apply(
    kube,
    DEPLOYMENTS,
    { metadata: { namespace, name, uid, ownerReferences } },
    // A manager of its own: what the old build's workers have marked stays theirs.
    { manager: `${MANAGER}-draining`, force: true },
  );
}
