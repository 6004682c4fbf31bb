import type { CurveLayout } from '../../systems/curve/layout.ts';
import { portClaims } from '../../systems/curve/port-claims.ts';
import type { NodeTask } from '../operation/node-tasks.ts';

/** Every node of the cluster once: storage nodes first, then those that carry control-plane daemons only. */
export function tasksOf(layout: CurveLayout): readonly NodeTask[] {
  const { context, storage } = layout;
  const carriers = new Set([...context.etcd, ...context.mds, ...context.snapshotclone].map((i) => i.node));
  const taskOf = (node: string) => ({
    node,
    ports: portClaims(layout, node),
    controlPlane: carriers.has(node),
  });
  const rest = [...carriers].filter((node) => !storage.some((s) => s.node === node));
  return [...storage.map((s) => ({ ...taskOf(s.node), storage: s })), ...rest.map(taskOf)];
}
