import type { Kube } from '../kube/client.ts';
import type { KubeError } from '../kube/errors.ts';
import { type KubeObject, NODES, PODS, type Resource } from '../kube/resources.ts';
import { type Change, watch } from '../kube/watch.ts';
import { LABEL, MANAGED_BY } from '../systems/curve/names.ts';

type Pod = NonNullable<typeof PODS.shape>;
type Node = NonNullable<typeof NODES.shape>;

/** Tells of each change of a cluster's pods that may change whether it is Ready, until the signal of `kube`. */
export function followPods(
  kube: Kube,
  changed: (namespace: string, clusterLabel: string) => void,
  onTrouble: (err: KubeError) => void,
): Promise<never> {
  const scope = { labelSelector: `${LABEL.managedBy}=${MANAGED_BY},${LABEL.cluster}` };
  return follow(kube, PODS, scope, podMatters, onTrouble, (pod) => {
    const label = pod.metadata?.labels?.[LABEL.cluster];
    if (pod.metadata?.namespace !== undefined && label !== undefined) changed(pod.metadata.namespace, label);
  });
}

/** Tells of each node that comes, goes, or changes between Ready and not. */
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
  tell: (object: T) => void,
): Promise<never> {
  let known: ReadonlyMap<string, Seen<T>> | undefined;
  for await (const change of watch(kube, resource, scope, { onTrouble })) {
    const next = after(known ?? new Map(), change, matters);
    // The first list is where we begin, not a change.
    if (known !== undefined) for (const object of differences(known, next)) tell(object);
    known = next;
  }
  throw new Error('a watch ended by itself'); // cannot be: it ends by throwing only
}

interface Seen<T> {
  readonly object: T;
  readonly what: string;
}

function after<T extends KubeObject>(
  before: ReadonlyMap<string, Seen<T>>,
  change: Change<T>,
  matters: (object: T) => string,
): ReadonlyMap<string, Seen<T>> {
  const seen = (object: T): [string, Seen<T>] => [keyOf(object), { object, what: matters(object) }];
  if (change.type === 'listed') return new Map(change.objects.map(seen));
  const next = new Map(before);
  if (change.type === 'set') next.set(...seen(change.object));
  else next.delete(keyOf(change.object));
  return next;
}

function differences<T>(
  before: ReadonlyMap<string, Seen<T>>,
  now: ReadonlyMap<string, Seen<T>>,
): readonly T[] {
  const gone = [...before].filter(([key]) => !now.has(key));
  const other = [...now].filter(([key, { what }]) => before.get(key)?.what !== what);
  return [...gone, ...other].map(([, { object }]) => object);
}

const keyOf = (object: KubeObject): string =>
  `${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`;
