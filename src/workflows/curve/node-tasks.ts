import type { CurveLayout, StorageNode } from '../../systems/curve/layout.ts';
import type { NodePhase } from '../../systems/curve/phases.ts';
import { portClaims } from '../../systems/curve/port-claims.ts';
import type { PortClaim } from '../../systems/port-claim.ts';
import type { NodeTask } from '../operation/node-tasks.ts';

/** What one node has to do for a Curve operation. */
export interface CurveNodeTask extends NodeTask {
  readonly phases: readonly NodePhase[];
  /** Ports that daemons of this cluster will listen on. */
  readonly ports: readonly PortClaim[];
  /** Absent on a node that carries etcd, mds and snapshotclone only. */
  readonly storage?: StorageNode;
}

const STORAGE_PHASES = ['preflight', 'format', 'chunkfilepool', 'chunkservers'] as const;

/** Every node of the cluster once: storage nodes first, then those that carry control-plane daemons only. */
export function tasksOf(layout: CurveLayout): readonly CurveNodeTask[] {
  const { context, storage } = layout;
  const carriers = new Set([...context.etcd, ...context.mds, ...context.snapshotclone].map((i) => i.node));
  const common = (node: string) => ({
    node,
    ports: portClaims(layout, node),
    claimAwaited: carriers.has(node),
  });
  const rest = [...carriers].filter((node) => !storage.some((s) => s.node === node));
  return [
    ...storage.map((s) => ({ ...common(s.node), phases: STORAGE_PHASES, storage: s })),
    ...rest.map((node) => ({ ...common(node), phases: ['preflight'] as const })),
  ];
}
