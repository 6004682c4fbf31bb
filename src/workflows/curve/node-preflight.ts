import type { DiskState, NodeFindings } from '../../activities/node/contract.ts';
import type { CurveContext } from '../../systems/curve/layout.ts';
import { nodeRefused } from '../../systems/curve/refusals.ts';
import type { Violation } from '../../systems/violation.ts';
import { applicationFailure } from '../failure.ts';
import { dataDirOf, diskTargets } from '../../systems/curve/places.ts';
import { readOn } from '../activity-options.ts';
import type { Outcome } from '../operation/node-chain.ts';
import type { CurveNodeTask } from './node-tasks.ts';

/**
 * Looks at one node before anything is written anywhere: its ports, what other clusters left, its disks and who they
 * are. The identity recorded here is what formatting compares right before the first write.
 */
export async function checkNode(
  context: CurveContext,
  task: CurveNodeTask,
): Promise<Outcome<readonly DiskState[]>> {
  const { node } = task;
  const found = await inspect(readOn, context, task);
  const refused = nodeRefused(node, inTheWay(node, found), found.disks);
  if (refused) throw applicationFailure(refused);
  return { skipped: false, value: found.disks };
}

/** The one look of preflight and plan; they differ in how long they wait for a node. */
export const inspect = (
  on: typeof readOn,
  context: CurveContext,
  { node, ports, storage }: CurveNodeTask,
): Promise<NodeFindings> => {
  const disks = diskTargets(context, storage?.disks ?? []);
  return on(node, `inspect ${ports.length} ports and ${disks.length} disks on ${node}`).inspectNode({
    clusterId: context.clusterId,
    node,
    dataDir: dataDirOf(context),
    ports,
    disks,
  });
};

/** What keeps the cluster from this node, besides what is on its disks. */
export function inTheWay(node: string, { ports, leftovers, disks }: NodeFindings): readonly Violation[] {
  const taken = ports.filter((port) => !port.ours);
  return [
    ...otherClusters(node, taken, leftovers),
    ...disks.flatMap(({ disk }, i) => {
      const twin = disks.slice(0, i).find((other) => other.disk.device === disk.device)?.disk;
      if (!twin) return [];
      const message = `${twin.path} and ${disk.path} on ${node} are the same disk (${disk.device})`;
      return [{ path: 'spec.storage', message, next: 'name every disk once' }];
    }),
    ...taken
      .filter(({ clusterId }) => clusterId === undefined)
      .map(({ port, service, by }) => ({
        path: 'spec',
        message: `port ${port} of ${service} is taken on ${node} by ${by}`,
        next: 'stop it or choose another port',
      })),
    ...leftovers
      .filter(({ clusterId }) => clusterId === undefined)
      .map(({ path, detail, next }) => ({
        path: 'spec',
        message: `${path} on ${node} is in the way: ${detail}`,
        next: next ?? 'see that nobody needs it and remove it by hand, or choose other paths',
      })),
  ];
}

/** Dozens of ports, folders and mounts of one other cluster are one thing to know. */
function otherClusters(
  node: string,
  ports: NodeFindings['ports'],
  leftovers: NodeFindings['leftovers'],
): readonly Violation[] {
  const names = new Map(
    leftovers.flatMap(({ clusterId, cluster }) => (clusterId && cluster ? [[clusterId, cluster]] : [])),
  );
  const places = [
    ...leftovers.map(({ clusterId, path }) => ({ clusterId, place: path })),
    ...ports.map(({ clusterId, port }) => ({ clusterId, place: `port ${port}` })),
  ];
  return [...Map.groupBy(places, ({ clusterId }) => clusterId)].flatMap(([clusterId, its]) => {
    if (clusterId === undefined) return [];
    const name = names.get(clusterId);
    const whose =
      name === undefined ? `the cluster with id ${clusterId}` : `cluster ${name} (id ${clusterId})`;
    const all = [...new Set(its.map(({ place }) => place))];
    return [
      {
        path: 'spec',
        message: `${node} is in use by ${whose}: ${all.slice(0, 3).join(', ')}${all.length > 3 ? ` and ${all.length - 3} more` : ''}`,
        next: 'name another node, or other ports and paths; what nobody needs any more is removed by hand',
      },
    ];
  });
}
