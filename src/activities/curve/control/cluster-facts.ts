import { ApplicationFailure } from '@temporalio/activity';
import { mapConcurrently } from '../../../concurrency/map-concurrently.ts';
import { KubeError } from '../../../kube/errors.ts';
import { list } from '../../../kube/objects.ts';
import { DEPLOYMENTS, NODES, PODS } from '../../../kube/resources.ts';
import { withNext } from '../../../systems/failure-text.ts';
import type { ClusterFacts, StepCheck } from '../../../systems/readiness.ts';
import type { CurveContext, StorageNode } from '../../../systems/curve/layout.ts';
import { toldOf } from '../../failure.ts';
import { type RegisteredNow, lookAtNode } from './chunkservers.ts';
import { configurationChecks } from './configuration.ts';
import { health } from './control-daemons.ts';
import type { ActivityContext } from '../../control/activity-context.ts';
import { ETCD } from './etcd.ts';
import { checksOf } from '../../control/daemon-health.ts';
import { scopeOf } from './scopes.ts';
import { NODES_AT_ONCE } from './intervals.ts';
import { isNodeReady } from '../../control/job-runs.ts';
import { MDS } from './mds.ts';
import { PodDiagnosis } from '../../control/pod-diagnosis.ts';
import { copysetsNow } from './pools.ts';
import { SNAPSHOTCLONE } from './snapshotclone.ts';

export interface ClusterLook {
  readonly context: CurveContext;
  readonly storage: readonly StorageNode[];
}

/** Everything that Ready is made of, asked now; the mounts come from the node workers. */
export async function observeCluster(
  work: ActivityContext,
  input: ClusterLook,
  registered: RegisteredNow,
): Promise<ClusterFacts> {
  const { context } = input;
  const observedAt = new Date().toISOString();
  const checks = await Promise.all([
    part('NodeNotReady', () => nodeChecks(work, input)),
    part('EtcdUnhealthy', async () => checksOf('EtcdUnhealthy', await health(ETCD, work, context))),
    part('MdsUnhealthy', async () => checksOf('MdsUnhealthy', await health(MDS, work, context))),
    part('ChunkserverNotOnline', () => chunkserverChecks(work, input, registered)),
    part('CopysetsUnhealthy', async () => {
      const { healthy, detail } = await copysetsNow(work, context);
      return [{ reason: 'CopysetsUnhealthy', holds: healthy, detail: `copysets: ${detail}` }];
    }),
    part('SnapshotcloneUnhealthy', async () =>
      context.snapshotclone.length === 0
        ? []
        : checksOf('SnapshotcloneUnhealthy', await health(SNAPSHOTCLONE, work, context)),
    ),
    part('NotAsSpecified', () => configurationChecks(work, input)),
  ]);
  return { observedAt, checks: checks.flat() };
}

/**
 * What cannot be asked, or only after a person has corrected something, does not hold. It must not cost the whole look: the
 * Ready of the look before would stand.
 */
async function part(
  reason: string,
  look: () => Promise<readonly StepCheck[]>,
): Promise<readonly StepCheck[]> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof KubeError) return [{ reason, holds: false, detail: withNext(error) }];
    if (!(error instanceof ApplicationFailure)) throw error;
    return [{ reason, holds: false, detail: withNext(toldOf(error)) }];
  }
}

async function nodeChecks(
  { kube }: ActivityContext,
  { context, storage }: ClusterLook,
): Promise<readonly StepCheck[]> {
  const wanted = new Set(
    [...context.etcd, ...context.mds, ...context.snapshotclone, ...storage].map(({ node }) => node),
  );
  const known = new Map((await list(kube, NODES)).items.map((node) => [node.metadata?.name ?? '', node]));
  return [...wanted].map((name) => {
    const node = known.get(name);
    if (!node) return { reason: 'NodeNotReady', holds: false, detail: `node ${name} is not in Kubernetes` };
    const told = node.status?.conditions?.find((c) => c.type === 'Ready')?.message ?? 'it tells no state';
    const holds = isNodeReady(node);
    return {
      reason: 'NodeNotReady',
      holds,
      detail: `node ${name} is ${holds ? 'Ready' : `not Ready: ${told}`}`,
    };
  });
}

/** One list of pods for all nodes; then every chunkserver on its own port. */
async function chunkserverChecks(
  work: ActivityContext,
  { context, storage }: ClusterLook,
  registered: RegisteredNow,
): Promise<readonly StepCheck[]> {
  const scope = scopeOf(context, 'chunkserver');
  const [deployments, pods] = await Promise.all([
    list(work.kube, DEPLOYMENTS, scope),
    list(work.kube, PODS, scope),
  ]);
  const seen = { deployments: deployments.items, pods: pods.items };
  const words = new PodDiagnosis(work, 0);
  const looked = await mapConcurrently(storage, NODES_AT_ONCE, (node) =>
    lookAtNode(context, node, registered)(work, seen, words),
  );
  return looked.flatMap((health) => checksOf('ChunkserverNotOnline', health));
}
