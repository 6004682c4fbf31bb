import { apply } from '../kube/apply.ts';
import type { Kube } from '../kube/client.ts';
import { KubeError, isConflict, isNotFound } from '../kube/errors.ts';
import { find } from '../kube/objects.ts';
import { CURVE_CLUSTERS, type CurveClusterObject, NAMESPACES } from '../kube/resources.ts';
import type { ClusterRef } from '../workflows/messages.ts';
import { fieldConflict } from './kubernetes-problems.ts';
import { Problem } from './problems.ts';

/** Our name in managedFields for what people send by HTTP. */
export const API_MANAGER = 'keelson-api';

export interface StoreOptions {
  readonly force: boolean;
  /** Only asks what would come of it: conflicts, refusals, and the merged object. */
  readonly dryRun: boolean;
}

/**
 * Server-side applies the document as the person wrote it, and answers the resource as it then is: fields that others
 * own are part of it.
 */
export async function storeManifest(
  kube: Kube,
  cluster: ClusterRef,
  document: unknown,
  options: StoreOptions,
): Promise<CurveClusterObject> {
  try {
    return await apply(kube, CURVE_CLUSTERS, asWritten(cluster, document), {
      manager: API_MANAGER,
      ...options,
    });
  } catch (err) {
    if (isConflict(err) && err instanceof KubeError) throw fieldConflict(err);
    if (isNotFound(err)) throw await whatIsMissing(kube, cluster, err);
    throw err;
  }
}

/** Without what the API server itself writes: a manifest that came out of `kubectl get -o yaml` may be sent back. */
function asWritten(cluster: ClusterRef, document: unknown): CurveClusterObject {
  const { metadata, spec } = document as CurveClusterObject;
  return {
    metadata: {
      ...cluster,
      ...(metadata?.labels ? { labels: metadata.labels } : {}),
      ...(metadata?.annotations ? { annotations: metadata.annotations } : {}),
    },
    spec,
  };
}

/** The API server answers 404 for an unknown namespace and for an unknown kind. */
async function whatIsMissing(kube: Kube, { namespace }: ClusterRef, cause: unknown): Promise<Problem> {
  if ((await find(kube, NAMESPACES, { name: namespace })) === undefined) {
    return new Problem('NamespaceMissing', {
      subject: `namespace ${namespace}`,
      detail: `namespace "${namespace}" does not exist; Keelson creates none`,
      next: `kubectl create namespace ${namespace}`,
      cause,
    });
  }
  return new Problem('ResourceKindMissing', {
    subject: 'CustomResourceDefinition curveclusters.operator.curve.io',
    detail: 'this Kubernetes does not know the kind CurveCluster',
    next: 'install the chart, or its definitions alone: kubectl apply -f deploy/chart/files/crds',
    retryAfter: 30,
    cause,
  });
}
