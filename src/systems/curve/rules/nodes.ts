import { storageNodesOf } from '../layout.ts';
import type { CurveClusterSpec } from '../spec.ts';
import type { Violation } from '../../violation.ts';

const ETCD_MEMBERS = [3, 5, 7];

/** Where the node at this place of the storage nodes is written. */
export const storageNodePath = (spec: CurveClusterSpec, index: number): string =>
  spec.storage.useSelectedNodes
    ? `spec.storage.selectedNodes[${index}].node`
    : `spec.storage.nodes[${index}]`;

export const storagePath = (spec: CurveClusterSpec): string =>
  spec.storage.useSelectedNodes ? 'spec.storage.selectedNodes' : 'spec.storage.nodes';

function repeated(nodes: readonly string[], path: (index: number) => string): Violation[] {
  return nodes.flatMap((node, index) => {
    const first = nodes.indexOf(node);
    if (first === index) return [];
    const message = `the same node is named twice, first in ${path(first)}`;
    return [{ path: path(index), value: node, message, next: 'name every node once' }];
  });
}

/** etcd needs an odd number of members, each on a node of its own. One alone is refused by the schema already. */
export function controlNodes(spec: CurveClusterSpec): Violation[] {
  const count = spec.nodes.length;
  const number: Violation[] =
    count === 1 || ETCD_MEMBERS.includes(count)
      ? []
      : [
          {
            path: 'spec.nodes',
            value: count,
            message: `${count} nodes are named; etcd needs an odd number of members to survive the loss of one`,
            next: 'name three nodes (five or seven are possible too)',
          },
        ];
  return [...number, ...repeated(spec.nodes, (index) => `spec.nodes[${index}]`)];
}

/** Three replicas in three zones, a zone holds whole nodes: fewer than three nodes make no pool. */
export function storageNodes(spec: CurveClusterSpec): Violation[] {
  const nodes = storageNodesOf(spec).map((s) => s.node);
  const names = repeated(nodes, (index) => storageNodePath(spec, index));
  if (nodes.length >= 3) return names;
  const message = `${nodes.length} storage nodes are named; three replicas need three zones, and a zone holds whole nodes`;
  return [
    ...names,
    { path: storagePath(spec), value: nodes.length, message, next: 'name at least three storage nodes' },
  ];
}
