import type { Kube } from '../kube/client.ts';
import type { KubeError } from '../kube/errors.ts';
import { CURVE_CLUSTERS, type CurveClusterObject } from '../kube/resources.ts';
import { keep, watch } from '../kube/watch.ts';
import type { ClusterRef } from '../workflows/messages.ts';

export interface ClusterHandlers {
  /** Is new, or is not as it was; `before` is absent when it was not known. */
  readonly changed: (now: CurveClusterObject, before: CurveClusterObject | undefined) => void;
  /** Was deleted, also when that happened while the watch was interrupted. */
  readonly deleted: (last: CurveClusterObject) => void;
  readonly onTrouble: (err: KubeError) => void;
}

/** Follows all CurveClusters until the signal of `kube`; `now` always holds them as they are, by {@link keyOf}. */
export async function followClusters(
  kube: Kube,
  now: Map<string, CurveClusterObject>,
  handlers: ClusterHandlers,
): Promise<never> {
  for await (const change of watch(kube, CURVE_CLUSTERS, {}, { onTrouble: handlers.onTrouble })) {
    const before = new Map(now);
    keep(now, change);
    for (const [key, last] of before) {
      // One deleted and made anew between two lists has another uid: both happened.
      if (now.get(key)?.metadata?.uid !== last.metadata?.uid) handlers.deleted(last);
    }
    for (const [key, resource] of now) {
      const known = before.get(key);
      if (known?.metadata?.resourceVersion !== resource.metadata?.resourceVersion)
        handlers.changed(resource, known);
    }
  }
  throw new Error('a watch ended by itself'); // cannot be: it ends by throwing only
}

export const keyOf = ({ metadata }: CurveClusterObject): string =>
  `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;

export function refOf(key: string): ClusterRef {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace, name };
}
