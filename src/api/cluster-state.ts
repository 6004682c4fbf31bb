import type { Kube } from '../kube/client.ts';
import { KubeError, isNotFound } from '../kube/errors.ts';
import { get, list } from '../kube/objects.ts';
import type { CustomObject } from '../kube/resources.ts';
import { withNext } from '../systems/failure-text.ts';
import { type ResourceRef, qualifiedName, resourceKey } from '../systems/operation.ts';
import type { KnownKind, SystemRegistry } from '../systems/system.ts';
import type { ClusterView } from '../workflows/messages.ts';
import { kubernetesProblem } from '../requests/kubernetes-problems.ts';
import type { LiveOperation, Observer } from '../requests/observe.ts';
import { Problem } from '../requests/problems.ts';

/** A cluster as Kubernetes and Temporal show it at one moment. */
export interface ClusterState {
  readonly known: KnownKind;
  readonly resource: CustomObject;
  /** Absent: nothing was started, or Temporal does not tell. */
  readonly newest?: ClusterView | undefined;
  readonly live?: LiveOperation | undefined;
  /** Why Temporal does not tell; the resource then says what it remembers. */
  readonly staleReason?: string | undefined;
}

/** Those who watch the same cluster share one read; progress is heartbeated at most once a second. */
const SHARED_FOR_MS = 900;

interface Shared {
  readonly at: number;
  readonly state: Promise<ClusterState>;
}

/** Reads clusters, for GET and for everybody who follows events. */
export class ClusterStates {
  readonly #kube: Kube;
  readonly #systems: SystemRegistry;
  readonly #observer: Observer;
  readonly #shared = new Map<string, Shared>();

  constructor(kube: Kube, systems: SystemRegistry, observer: Observer) {
    this.#kube = kube;
    this.#systems = systems;
    this.#observer = observer;
  }

  /** As it is now, or as another caller saw it within the last second. */
  async shared(ref: ResourceRef): Promise<ClusterState> {
    const key = resourceKey(ref);
    const now = performance.now();
    for (const [other, { at }] of this.#shared) if (now - at > SHARED_FOR_MS) this.#shared.delete(other);
    const known = this.#shared.get(key);
    if (known !== undefined) return known.state;
    const state = this.fresh(ref);
    this.#shared.set(key, { at: now, state });
    return state;
  }

  async fresh(ref: ResourceRef): Promise<ClusterState> {
    const known = this.#systems.kindOf(ref);
    const resource = await getCluster(this.#kube, known, ref);
    try {
      const newest = await this.#observer.newest(ref, resource.metadata?.uid ?? '');
      return { known, resource, newest, live: newest && (await this.#observer.operation(newest)) };
    } catch (err) {
      if (!(err instanceof Problem)) throw err;
      const staleReason = withNext({ message: err.message, next: err.facts.next });
      return { known, resource, staleReason };
    }
  }
}

/** The resource, or a problem that says that there is none. */
export async function getCluster(
  kube: Kube,
  { kind: { resource } }: KnownKind,
  ref: ResourceRef,
): Promise<CustomObject> {
  try {
    return await get(kube, resource, ref);
  } catch (err) {
    if (!isNotFound(err)) throw err;
    throw new Problem('ClusterNotFound', {
      subject: `${resource.kind} ${qualifiedName(ref)}`,
      detail: `there is no ${resource.kind} "${ref.name}" in namespace "${ref.namespace}"`,
      next: `see which there are: keelson get, or kubectl get ${resource.plural} -A`,
      cause: err,
    });
  }
}

/** All resources of these kinds, of a namespace or of all. */
export async function listClusters(
  kube: Kube,
  kinds: readonly KnownKind[],
  namespace: string | undefined,
): Promise<readonly { readonly known: KnownKind; readonly resource: CustomObject }[]> {
  const scope = namespace === undefined ? {} : { namespace };
  const lists = await Promise.all(
    kinds.map(async (known) => {
      const { items } = await list(kube, known.kind.resource, scope);
      return items.map((resource) => ({ known, resource }));
    }),
  );
  return lists.flat();
}

/** Any error as the problem that is answered; undefined for one that should not happen. */
export function asProblem(err: unknown): Problem | undefined {
  if (err instanceof Problem) return err;
  if (err instanceof KubeError) return kubernetesProblem(err);
  return undefined;
}
