import type { DiskState, NodeFindings } from '../../activities/node/contract.ts';
import { mapConcurrently } from '../../concurrency/map-concurrently.ts';
import type { FormatOptions } from '../../disks/use.ts';
import { nextFor } from '../../disks/findings.ts';
import { nodesOf, type StorageNode } from '../../systems/curve/layout.ts';
import { plannedObjects } from '../../systems/curve/plan.ts';
import { plannedChunks } from '../../systems/curve/pool.ts';
import { checkImmutable } from '../../systems/curve/rules/immutable.ts';
import { checkAgainst, notReady } from '../../systems/curve/rules/kubernetes.ts';
import type { CurveClusterSpec } from '../../systems/curve/spec.ts';
import type { Plan, PlanInput, PlannedNode } from '../messages.ts';
import { readOnce } from '../activity-options.ts';
import { orUnanswered } from '../nodes/unanswered.ts';
import { inspect, inTheWay } from './node-preflight.ts';
import { curve } from './activities.ts';
import { tasksOf } from './node-tasks.ts';
import { s3Secret } from './preflight.ts';

const NODES_AT_A_TIME = 50;

/** Stands for the cluster id where none has been minted: a plan must not mint one. */
const NO_CLUSTER_YET = '00000000-0000-0000-0000-000000000000';

/** What an apply of this spec would do, from the real nodes and disks. Changes nothing. */
export async function curvePlan({ resource, spec }: PlanInput<CurveClusterSpec>): Promise<Plan> {
  const nodes = nodesOf(spec);
  const facts = await curve.read(`look at ${nodes.length} nodes`).observeKubernetes({
    resource,
    nodes,
    ...s3Secret(spec),
  });
  const clusterId = facts.clusterId ?? NO_CLUSTER_YET;
  const addresses = Object.fromEntries(facts.nodes.map((n) => [n.name, n.ip ?? '']));
  const operation = { ...resource, uid: '', generation: 0, attempt: 0 };
  const layout = await curve
    .read('compute the layout')
    .computeLayout({ operation, clusterId, spec, addresses });

  const looks = await mapConcurrently(tasksOf(layout), NODES_AT_A_TIME, async (task) => ({
    ...task,
    found: await orUnanswered(inspect(readOnce, layout.context, task)),
  }));
  const planned = looks.flatMap(({ storage, found }) =>
    storage ? [planNode(layout.context.diskFormat, storage, found)] : [],
  );
  const problems = [
    ...checkAgainst(resource, spec, facts),
    ...checkImmutable(spec, layout, facts.existing),
    ...looks.flatMap(({ node, found }) => (found ? inTheWay(node, found) : [])),
  ].map(({ path, message, next }) => ({ path, message, next }));
  return {
    possible: problems.length === 0 && planned.every((n) => n.disks.every((d) => d.action !== 'refuse')),
    warnings: [
      ...notReady(facts),
      ...looks
        .filter(({ found }) => !found)
        .map(({ node }) => `the node worker of ${node} does not answer: its ports and disks are not known`),
    ],
    problems,
    nodes: planned,
    ...plannedObjects(layout),
  };
}

function planNode(format: FormatOptions, storage: StorageNode, found: NodeFindings | undefined): PlannedNode {
  const { node, ip, zone, disks } = storage;
  return {
    node,
    ip,
    zone,
    answered: found !== undefined,
    disks: disks.map((disk) => {
      const { device, mountPath, percentage } = disk;
      const state = found?.disks.find((s) => s.disk.path === device);
      if (!state) return { device, mountPath, action: 'unknown', why: `${node} does not answer` };
      return {
        device,
        mountPath,
        found: state.disk,
        amounts: { chunks: plannedChunks(state.disk.sizeBytes, percentage) },
        ...verdict(state, format),
      };
    }),
  };
}

function verdict(
  { disk, stage }: DiskState,
  { filesystem }: FormatOptions,
): { action: 'format' | 'keep' | 'refuse'; why: string } {
  switch (stage) {
    case 'empty':
      return { action: 'format', why: `empty: will be formatted as ${filesystem}` };
    case 'unfinished':
      return { action: 'keep', why: 'formatted by this cluster, the marker is missing and will be written' };
    case 'formatted':
      return { action: 'keep', why: 'formatted by this cluster, will be mounted' };
    case 'ready':
      return { action: 'keep', why: 'formatted and mounted by this cluster' };
    case 'refused':
      return {
        action: 'refuse',
        why: `${disk.findings.map((f) => f.detail).join(', ')}: ${nextFor(disk.findings)}`,
      };
  }
}
