import { mapConcurrently } from '../../concurrency/map-concurrently.ts';
import { type ClusterFacts, judgeReady, type StepCheck } from '../../systems/readiness.ts';
import type { KubernetesFacts } from '../../systems/curve/facts.ts';
import { type CurveLayout, layoutOf, nodesOf, type StorageNode } from '../../systems/curve/layout.ts';
import { diskTargets } from '../../systems/curve/places.ts';
import { addressesOf } from '../../systems/curve/rules/kubernetes.ts';
import type { CurveClusterSpec } from '../../systems/curve/spec.ts';
import type { HealthCheckInput } from '../messages.ts';
import { readOnce, write } from '../activity-options.ts';
import { orUnanswered } from '../nodes/unanswered.ts';
import { curve } from './activities.ts';
import { s3Secret } from './preflight.ts';

/** Nodes asked for their mounts at a time. */
const NODES_AT_A_TIME = 50;

/** Looks at the running cluster once, with the same activities as verify, and writes the Ready condition. */
export async function curveHealthCheck({
  resource,
  uid,
  generation,
  spec,
}: HealthCheckInput<CurveClusterSpec>): Promise<void> {
  const operation = { ...resource, uid, generation, attempt: 0 };
  const nodes = nodesOf(spec);
  const facts = await curve
    .read('look at the nodes')
    .observeKubernetes({ resource, nodes, ...s3Secret(spec) });
  const clusterId = await write('take up the cluster id').claimClusterId(resource);
  const lost = lostNodes(facts);
  // Without its address a node has no place in the layout, and there is nothing of it that could be asked.
  const seen =
    lost.length > 0
      ? { observedAt: new Date().toISOString(), checks: lost }
      : await ask(layoutOf({ operation, clusterId, spec, addresses: addressesOf(facts) }));
  const verdict = judgeReady(seen, generation);
  await write(verdict.ready ? 'write Ready: True' : `write Ready: False, ${verdict.reason}`).writeReady({
    operation,
    verdict,
  });
}

const lostNodes = ({ nodes }: KubernetesFacts): readonly StepCheck[] =>
  nodes
    .filter(({ ip }) => ip === undefined)
    .map(({ name, exists }) => ({
      reason: 'NodeNotReady',
      holds: false,
      detail: exists ? `node ${name} has no InternalIP` : `node ${name} does not exist in Kubernetes`,
    }));

async function ask(layout: CurveLayout): Promise<ClusterFacts> {
  const [seen, mounts] = await Promise.all([
    curve.read('ask every daemon of the cluster').observeCluster(layout),
    mapConcurrently(layout.storage, NODES_AT_A_TIME, (node) => checkMounts(layout, node)),
  ]);
  return { ...seen, checks: [...seen.checks, ...mounts.flat()] };
}

/** Every disk of the node is mounted by the UUID that it must have. */
async function checkMounts(layout: CurveLayout, { node, disks }: StorageNode): Promise<readonly StepCheck[]> {
  const { clusterId } = layout.context;
  const asked = readOnce(node, `check ${disks.length} mounts on ${node}`).inspectMounts({
    clusterId,
    node,
    disks: diskTargets(layout.context, disks),
  });
  const mounts = await orUnanswered(asked);
  if (!mounts)
    return [{ reason: 'NodeNotAnswering', holds: false, detail: `${node}: its node worker does not answer` }];
  return mounts.map((m) => ({
    reason: 'DiskNotMounted',
    holds: m.mountedUuid === m.expectedUuid,
    detail:
      m.mountedUuid === m.expectedUuid
        ? `${node}: ${m.mountPath} is mounted`
        : `${node}: ${m.mountPath} should hold file system ${m.expectedUuid}, found ${m.mountedUuid ?? 'nothing mounted'}`,
  }));
}
