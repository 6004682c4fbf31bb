import type { Kube } from '../kube/client.ts';
import type { KubeError } from '../kube/errors.ts';
import type { CustomObject } from '../kube/resources.ts';
import { keep, watch } from '../kube/watch.ts';
import type { ResourceRef } from '../systems/operation.ts';
import type { KnownKind } from '../systems/system.ts';

/** A custom resource of ours as it is in Kubernetes. */
export interface LiveResource {
  readonly ref: ResourceRef;
  readonly known: KnownKind;
  readonly object: CustomObject;
}

export interface ResourceHandlers {
  /** Is new, or is not as it was; `before` is absent when it was not known. */
  readonly changed: (now: LiveResource, before: LiveResource | undefined) => void;
  /** Was deleted, also when that happened while the watch was interrupted. */
  readonly deleted: (last: LiveResource) => void;
  readonly onTrouble: (err: KubeError) => void;
}

/** Follows all resources of one kind until the signal of `kube`. */
export async function followResources(
  kube: Kube,
  known: KnownKind,
  handlers: ResourceHandlers,
): Promise<never> {
  const { resource } = known.kind;
  const live = (object: CustomObject): LiveResource => ({ ref: refOf(known, object), known, object });
  const now = new Map<string, CustomObject>();
  for await (const change of watch(kube, resource, {}, { onTrouble: handlers.onTrouble })) {
    const before = new Map(now);
    keep(now, change);
    for (const [key, last] of before) {
      // One deleted and made again between two lists has another uid: both happened.
      if (now.get(key)?.metadata?.uid !== last.metadata?.uid) handlers.deleted(live(last));
    }
    for (const [key, object] of now) {
      const last = before.get(key);
      if (last?.metadata?.resourceVersion !== object.metadata?.resourceVersion)
        handlers.changed(live(object), last && live(last));
    }
  }
  throw new Error('a watch ended by itself'); // cannot be: it ends by throwing only
}

const refOf = ({ system, kind }: KnownKind, { metadata }: CustomObject): ResourceRef => ({
  system: system.id,
  kind: kind.id,
  namespace: metadata?.namespace ?? '',
  name: metadata?.name ?? '',
});
