import { apply } from '../kube/apply.ts';
import type { Kube } from '../kube/client.ts';
import { KubeError, isConflict, isNotFound } from '../kube/errors.ts';
import { find } from '../kube/objects.ts';
import { type CustomObject, NAMESPACES, type Resource } from '../kube/resources.ts';
import type { AdmittedManifest } from './admission.ts';
import type { ResourceRef } from '../systems/operation.ts';
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
 * Server-side applies the manifest as the person wrote it, and answers the resource as it then is: fields that others
 * own are part of it.
 */
export async function storeManifest(
  kube: Kube,
  { kind, resource: ref }: Pick<AdmittedManifest, 'kind' | 'resource'>,
  manifest: unknown,
  options: StoreOptions,
): Promise<CustomObject> {
  try {
    return await apply(kube, kind.resource, asWritten(ref, manifest), {
      manager: API_MANAGER,
      ...options,
    });
  } catch (err) {
    if (isConflict(err) && err instanceof KubeError) throw fieldConflict(err);
    if (isNotFound(err)) throw await whatIsMissing(kube, kind.resource, ref.namespace, err);
    throw err;
  }
}

/** Without what the API server itself writes: a manifest that came out of `kubectl get -o yaml` may be sent back. */
function asWritten({ namespace, name }: ResourceRef, manifest: unknown): CustomObject {
  const { metadata, spec } = manifest as CustomObject;
  return {
    metadata: {
      namespace,
      name,
      ...(metadata?.labels ? { labels: metadata.labels } : {}),
      ...(metadata?.annotations ? { annotations: metadata.annotations } : {}),
    },
    spec,
  };
}

/** The API server answers 404 for an unknown namespace and for an unknown kind. */
async function whatIsMissing(
  kube: Kube,
  { apiVersion, kind, plural }: Resource<CustomObject>,
  namespace: string,
  cause: unknown,
): Promise<Problem> {
  if ((await find(kube, NAMESPACES, { name: namespace })) === undefined) {
    return new Problem('NamespaceMissing', {
      subject: `namespace ${namespace}`,
      detail: `namespace "${namespace}" does not exist; Keelson creates none`,
      next: `kubectl create namespace ${namespace}`,
      cause,
    });
  }
  return new Problem('ResourceKindMissing', {
    subject: `CustomResourceDefinition ${plural}.${apiVersion.split('/')[0] ?? ''}`,
    detail: `this Kubernetes does not know the kind ${kind}`,
    next: 'install the chart, or its definitions alone: kubectl apply -f deploy/chart/files/crds',
    retryAfter: 30,
    cause,
  });
}
