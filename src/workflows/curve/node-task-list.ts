import type { CurveLayout } from '../../systems/curve/layout.ts';
import { portClaims } from '../../systems/curve/port-claims.ts';
import type { NodeTask } from './node-tasks.ts';

/** Every node of the cluster once: storage nodes first, then those that carry control-plane daemons only. */
export function tasksOf(layout: CurveLayout): readonly NodeTask[] {
  const { context, storage } = layout;
  const rest = [...context.etcd, ...context.mds, ...context.snapshotclone]
    .map((i) => i.node)
    .filter((node) => !storage.some((s) => s.node === node));
  return [
    ...storage.map((s) => ({ node: s.node, ports: portClaims(layout, s.node), storage: s })),
    ...[...new Set(rest)].map((node) => ({ node, ports: portClaims(layout, node) })),
  ];
}
