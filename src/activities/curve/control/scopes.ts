import type { Scope } from '../../../kube/objects.ts';
import type { CurveContext } from '../../../systems/curve/layout.ts';
import { type Component, componentLabels } from '../../../systems/curve/names.ts';
import { selector } from '../../../systems/names.ts';

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
