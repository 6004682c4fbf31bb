import type { Kube } from '../kube/client.ts';
import type { KubeError } from '../kube/errors.ts';
import { type KubeObject, NODES } from '../kube/resources.ts';
import { type Change, watch } from '../kube/watch.ts';

export interface NodeHandlers {
  /** Is in Kubernetes; told once until it has left. */
  readonly came: (node: string) => void;
  /** Has left Kubernetes, also when that happened while the watch was interrupted. */
  readonly left: (node: string) => void;
  readonly onTrouble: (err: KubeError) => void;
}

/** Reports which nodes Kubernetes has, until the signal of `kube`. */
export async function followNodes(kube: Kube, { came, left, onTrouble }: NodeHandlers): Promise<never> {
  const known = new Set<string>();
  for await (const change of watch(kube, NODES, {}, { onTrouble })) {
    const now = namesAfter(known, change);
    for (const name of [...known]) if (!now.has(name) && known.delete(name)) left(name);
    for (const name of now) {
      if (known.has(name)) continue;
      known.add(name);
      came(name);
    }
  }
  throw new Error('a watch ended by itself'); // cannot be: it ends by throwing only
}

/** The names that are there after a change. */
export function namesAfter(known: ReadonlySet<string>, change: Change<KubeObject>): ReadonlySet<string> {
  if (change.type === 'listed') return new Set(change.objects.map(nameOf));
  const now = new Set(known);
  if (change.type === 'set') now.add(nameOf(change.object));
  else now.delete(nameOf(change.object));
  return now;
}

const nameOf = ({ metadata }: KubeObject): string => metadata?.name ?? '';
