import { internalIp } from '../../../kube/node-address.ts';
import { fsUuidOf } from '../../../disks/fs-uuid.ts';
import { type CurveLayout, layoutOf } from '../../../systems/curve/layout.ts';
import type { CurveClusterSpec } from '../../../systems/curve/spec.ts';
import type { ExpectedMount } from '../../../systems/node-health.ts';
import type { StepCheck } from '../../../systems/readiness.ts';
import type { ActivityContext } from '../../control/activity-context.ts';
import { clusterIdOf } from '../../control/cluster-id.ts';
import type { ClusterNodes } from '../../control/cluster-nodes.ts';
import type { HealthWatchInput } from '../../control/contract.ts';
import { CLUSTER_ID_MAX_AGE_MS } from '../../control/intervals.ts';
import { type Node, isNodeReady } from '../../control/job-runs.ts';
import { Remembered } from '../../control/remembered.ts';

type Input = HealthWatchInput<CurveClusterSpec>;

/** The layout as the spec, the cluster id and the addresses of the nodes give it now; undefined where one is missing. */
export function layoutSource(
  work: ActivityContext,
  { resource, uid, generation, spec }: Input,
  nodes: ClusterNodes,
) {
  const operation = { ...resource, uid, generation, attempt: 0 };
  const id = new Remembered<string | undefined>();
  let last: { readonly key: string; readonly layout: CurveLayout } | undefined;

  const clusterId = async (): Promise<string | undefined> => {
    const known = await id.get(() => clusterIdOf(work.kube, resource), {
      maxAgeMs: CLUSTER_ID_MAX_AGE_MS,
      gapMs: 0,
    });
    if (known === undefined) id.changed();
    return known;
  };
  const layout = async (): Promise<CurveLayout | undefined> => {
    const [found, all] = await Promise.all([clusterId(), nodes.all()]);
    const entries = all.map(({ name, node }) => [name, node && internalIp(node)] as const);
    const known = entries.flatMap(([name, ip]) => (ip === undefined ? [] : [[name, ip] as const]));
    if (found === undefined || known.length < entries.length) return undefined;
    const key = JSON.stringify([found, known]);
    if (last?.key !== key) {
      const addresses = Object.fromEntries(known);
      last = { key, layout: layoutOf({ operation, clusterId: found, spec, addresses }) };
    }
    return last.layout;
  };
  return { clusterId, layout };
}

export function nodeCheck({
  name,
  node,
}: {
  readonly name: string;
  readonly node: Node | undefined;
}): StepCheck {
  const failing = (detail: string): StepCheck => ({ reason: 'NodeNotReady', holds: false, detail });
  if (!node) return failing(`node ${name} does not exist in Kubernetes`);
  if (internalIp(node) === undefined) return failing(`node ${name} has no InternalIP of IPv4`);
  if (isNodeReady(node)) return { reason: 'NodeNotReady', holds: true, detail: `node ${name} is Ready` };
  const told = node.status?.conditions?.find((c) => c.type === 'Ready')?.message ?? 'it tells no state';
  return failing(`node ${name} is not Ready: ${told}`);
}

/** Every disk of the cluster, where it belongs. */
export const mountsOf = ({ context: { clusterId }, storage }: CurveLayout): readonly ExpectedMount[] =>
  storage.flatMap(({ node, disks }) =>
    disks.map(({ device, mountPath }) => ({ node, mountPath, fsUuid: fsUuidOf(clusterId, node, device) })),
  );
