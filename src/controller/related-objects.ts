import type { Kube } from '../kube/client.ts';
import type { KubeError } from '../kube/errors.ts';
import { type KubeObject, NODES, PODS, type Resource, objectKey } from '../kube/resources.ts';
import { type Change, watch } from '../kube/watch.ts';
import { LABEL, MANAGED_BY } from '../systems/names.ts';

type Pod = NonNullable<typeof PODS.shape>;
type Node = NonNullable<typeof NODES.shape>;

/** Whose a pod is, by its labels. */
export interface PodOwner {
  readonly namespace: string;
  readonly system: string;
  readonly cluster: string;
}

/** Reports each change of a cluster's pods that may change whether it is Ready, until the signal of `kube`. */
export function followPods(
  kube: Kube,
  changed: (owner: PodOwner) => void,
  onTrouble: (err: KubeError) => void,
): Promise<never> {
  const scope = { labelSelector: `${LABEL.managedBy}=${MANAGED_BY},${LABEL.cluster}` };
  return follow(kube, PODS, scope, podMatters, onTrouble, (pod) => {
    const { namespace, labels = {} } = pod.metadata ?? {};
    const { [LABEL.system]: system, [LABEL.cluster]: cluster } = labels;
    if (namespace !== undefined && system !== undefined && cluster !== undefined)
      changed({ namespace, system, cluster });
  });
}

/** Reports each node that comes, goes, or changes between Ready and not. */
export function followNodes(
  kube: Kube,
  changed: (node: string) => void,
  onTrouble: (err: KubeError) => void,
): Promise<never> {
  return follow(kube, NODES, {}, nodeMatters, onTrouble, (node) => changed(node.metadata?.name ?? ''));
}

/** The parts of a pod that say whether its daemon may serve. */
export function podMatters({ metadata, spec, status }: Pod): string {
  const ready = status?.conditions?.find((c) => c.type === 'Ready')?.status;
  const starts = status?.containerStatuses?.map((c) => c.restartCount).join();
  return [metadata?.uid, metadata?.deletionTimestamp, spec?.nodeName, status?.phase, ready, starts].join(' ');
}

/** Nodes write their status every few seconds; only this of it counts. */
export function nodeMatters({ metadata, status }: Node): string {
  return [metadata?.uid, status?.conditions?.find((c) => c.type === 'Ready')?.status].join(' ');
}

async function follow<T extends KubeObject>(
  kube: Kube,
  resource: Resource<T>,
  scope: { readonly labelSelector?: string },
  matters: (object: T) => string,
  onTrouble: (err: KubeError) => void,
  report: (object: T) => void,
): Promise<never> {
  const known = new Map<string, Seen<T>>();
  let begun = false;
  for await (const change of watch(kube, resource, scope, { onTrouble })) {
    const changed = take(known, change, matters);
    // The first list is where we begin, not a change.
    if (begun) for (const object of changed) report(object);
    begun = true;
  }
  throw new Error('a watch ended by itself'); // cannot be: it ends by throwing only
}

interface Seen<T> {
  readonly object: T;
  readonly what: string;
}

/** Brings what is known up to date, and answers the objects of which something that matters changed. */
export function take<T extends KubeObject>(
  known: Map<string, Seen<T>>,
  change: Change<T>,
  matters: (object: T) => string,
): readonly T[] {
  if (change.type === 'deleted') {
    known.delete(objectKey(change.object.metadata));
    return [change.object];
  }
  const objects = change.type === 'listed' ? change.objects : [change.object];
  const changed = objects.filter((object) => known.get(objectKey(object.metadata))?.what !== matters(object));
  const gone = change.type === 'listed' ? missing(known, objects) : [];
  for (const object of gone) known.delete(objectKey(object.metadata));
  for (const object of objects) known.set(objectKey(object.metadata), { object, what: matters(object) });
  return [...gone, ...changed];
}

function missing<T extends KubeObject>(
  known: ReadonlyMap<string, Seen<T>>,
  objects: readonly T[],
): readonly T[] {
  const there = new Set(objects.map(({ metadata }) => objectKey(metadata)));
  return [...known].filter(([key]) => !there.has(key)).map(([, { object }]) => object);
}
