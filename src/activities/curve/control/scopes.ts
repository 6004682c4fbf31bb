import type { Scope } from '../../../kube/objects.ts';
import type { CurveContext } from '../../../systems/curve/layout.ts';
import { type Component, componentLabels } from '../../../systems/curve/names.ts';
import { LABEL, labelValue, selector } from '../../../systems/names.ts';

/** The objects of one component of a cluster, of all nodes or of one. */
export function scopeOf(
  { operation, clusterId }: CurveContext,
  component: Component,
  node?: string,
): Scope & { readonly namespace: string } {
  const of = { component, ...(node === undefined ? {} : { node }) };
  return {
    namespace: operation.namespace,
    labelSelector: selector(componentLabels(operation, clusterId, of)),
  };
}

/** The same of several nodes. */
export function scopeOfNodes(
  context: CurveContext,
  component: Component,
  nodes: readonly { readonly node: string }[],
): Scope & { readonly namespace: string } {
  const { namespace, labelSelector } = scopeOf(context, component);
  const values = nodes.map(({ node }) => labelValue(node)).join(',');
  return { namespace, labelSelector: `${labelSelector ?? ''},${LABEL.node} in (${values})` };
}
