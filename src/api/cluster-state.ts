import type { Kube } from '../kube/client.ts';
import { KubeError, isNotFound } from '../kube/errors.ts';
import { get, list } from '../kube/objects.ts';
import { CURVE_CLUSTERS, type CurveClusterObject } from '../kube/resources.ts';
import type { ClusterRef, ClusterView } from '../workflows/messages.ts';
import { kubernetesProblem } from '../requests/kubernetes-problems.ts';
import type { LiveOperation, Observer } from '../requests/observe.ts';
import { Problem } from '../requests/problems.ts';

/** A cluster as Kubernetes and Temporal show it at one moment. */
export interface ClusterState {
  readonly resource: CurveClusterObject;
  /** Absent: nothing was started, or Temporal does not tell. */
  readonly newest?: ClusterView | undefined;
  readonly live?: LiveOperation | undefined;
  /** Why Temporal does not tell; the resource then says what it remembers. */
  readonly staleReason?: string | undefined;
}

/** Those who watch the same cluster share one look; progress is heartbeated at most once a second. */
const SHARED_FOR_MS = 900;

interface Shared {
  readonly at: number;
  readonly sight: Promise<ClusterState>;
}

/** Looks at clusters, for GET and for everybody who follows events. */
export class ClusterStates {
  readonly #kube: Kube;
  readonly #observer: Observer;
  readonly #shared = new Map<string, Shared>();

  constructor(kube: Kube, observer: Observer) {
    this.#kube = kube;
    this.#observer = observer;
  }

  /** As it is now, or as another caller saw it within the last second. */
  async shared(cluster: ClusterRef): Promise<ClusterState> {
    const key = `${cluster.namespace}/${cluster.name}`;
    const now = performance.now();
    for (const [other, { at }] of this.#shared) if (now - at > SHARED_FOR_MS) this.#shared.delete(other);
    const known = this.#shared.get(key);
    if (known !== undefined) return known.sight;
    const sight = this.fresh(cluster);
    this.#shared.set(key, { at: now, sight });
    return sight;
  }

  async fresh(cluster: ClusterRef): Promise<ClusterState> {
    const resource = await getCluster(this.#kube, cluster);
    try {
      const newest = await this.#observer.newest(cluster, resource.metadata?.uid ?? '');
      return { resource, newest, live: newest && (await this.#observer.operation(newest)) };
    } catch (err) {
      if (!(err instanceof Problem)) throw err;
      return { resource, staleReason: `${err.facts.detail}; next: ${err.facts.next}` };
    }
  }
}

/** The resource, or a problem that says that there is none. */
export async function getCluster(kube: Kube, cluster: ClusterRef): Promise<CurveClusterObject> {
  try {
    return await get(kube, CURVE_CLUSTERS, cluster);
  } catch (err) {
    if (!isNotFound(err)) throw err;
    throw new Problem('ClusterNotFound', {
      subject: `CurveCluster ${cluster.namespace}/${cluster.name}`,
      detail: `there is no CurveCluster "${cluster.name}" in namespace "${cluster.namespace}"`,
      next: 'see which there are: keelson get, or kubectl get curveclusters -A',
      cause: err,
    });
  }
}

/** All resources of a namespace, or of all namespaces. */
export async function listClusters(
  kube: Kube,
  namespace: string | undefined,
): Promise<readonly CurveClusterObject[]> {
  const { items } = await list(kube, CURVE_CLUSTERS, namespace === undefined ? {} : { namespace });
  return items;
}

/** Any error as the problem that is answered; undefined for one that should not happen. */
export function asProblem(err: unknown): Problem | undefined {
  if (err instanceof Problem) return err;
  if (err instanceof KubeError) return kubernetesProblem(err);
  return undefined;
}
