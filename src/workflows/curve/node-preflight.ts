import type { DiskState, NodeFindings } from '../../activities/node/contract.ts';
import type { Leftover } from '../../disks/leftover.ts';
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
export function inTheWay(node: string, found: NodeFindings): readonly Violation[] {
  const owner = found.leftovers.find(({ cluster }) => cluster !== undefined);
  return owner === undefined ? oneByOne(node, found) : anotherCluster(node, owner, found);
}

/** Of the places of another cluster, to be named in one line. */
const MOST_PLACES = 4;

/** A node of another cluster has dozens of its ports and folders in the way: what is to be decided is one thing. */
function anotherCluster(
  node: string,
  { path, cluster }: Leftover,
  found: NodeFindings,
): readonly Violation[] {
  const { ports, leftovers } = found;
  const taken = ports.filter(({ ours }) => !ours).map(({ port }) => port);
  const places = leftovers.filter((other) => other.path !== path).map((other) => other.path);
  const more = places.length > MOST_PLACES ? ` and ${places.length - MOST_PLACES} more` : '';
  const parts = [
    ...(taken.length === 0 ? [] : [`its ports ${taken.join(', ')} are taken`]),
    ...(places.length === 0 ? [] : [`${places.slice(0, MOST_PLACES).join(', ')}${more} are in use`]),
  ];
  const rest = parts.length === 0 ? '' : `; ${parts.join(', ')}`;
  const message = `${node} belongs to the cluster ${cluster}, as ${path} says${rest}`;
  const next = 'name another node; or, when nobody needs that cluster, remove what is left of it by hand';
  return [...twins(node, found), { path: 'spec', value: node, message, next }];
}

function twins(node: string, { disks }: NodeFindings): readonly Violation[] {
  return disks.flatMap(({ disk }, i) => {
    const twin = disks.slice(0, i).find((other) => other.disk.device === disk.device)?.disk;
    if (!twin) return [];
    const message = `${twin.path} and ${disk.path} on ${node} are the same disk (${disk.device})`;
    return [{ path: 'spec.storage', message, next: 'name every disk once' }];
  });
}

function oneByOne(node: string, found: NodeFindings): readonly Violation[] {
  const { ports, leftovers } = found;
  return [
    ...twins(node, found),
    ...ports
      .filter((taken) => !taken.ours)
      .map(({ port, service, by }) => ({
        path: 'spec',
        message: `port ${port} of ${service} is taken on ${node} by ${by}`,
        next: 'stop it or choose another port',
      })),
    ...leftovers.map(({ path, detail, next }) => ({
      path: 'spec',
      message: `${path} on ${node} is in the way: ${detail}`,
      next: next ?? 'see that nobody needs it and remove it by hand, or choose other paths',
    })),
  ];
}
