import type {
  EventsV1Event,
  V1ConfigMap,
  V1CustomResourceDefinition,
  V1Deployment,
  V1Job,
  V1Lease,
  V1Namespace,
  V1Node,
  V1ObjectMeta,
  V1Pod,
  V1Secret,
  V1SelfSubjectAccessReview,
} from '@kubernetes/client-node';

/**
 * An object as it travels: JSON. The client library's types say `Date` where JSON has text; here the text is what one
 * gets, always.
 */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer U)[]
    ? Wire<U>[]
    : T extends object
      ? { [K in keyof T]: Wire<T[K]> }
      : T;

/** What every stored object has. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: Wire<V1ObjectMeta>;
}

/** A kind of object and where the API server keeps it. `T` is the shape of one object. */
export interface Resource<T extends KubeObject> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never set; carries the type. */
  readonly shape?: T;
}

/** A custom resource, as far as this folder knows it: its spec is checked by its system. */
export interface CustomObject extends KubeObject {
  spec?: unknown;
  status?: unknown;
}

const namespaced = <T extends KubeObject>(apiVersion: string, kind: string, plural: string): Resource<T> => ({
  apiVersion,
  kind,
  plural,
  namespaced: true,
});
const clusterWide = <T extends KubeObject>(
  apiVersion: string,
  kind: string,
  plural: string,
): Resource<T> => ({
  apiVersion,
  kind,
  plural,
  namespaced: false,
});

export const CONFIG_MAPS = namespaced<Wire<V1ConfigMap>>('v1', 'ConfigMap', 'configmaps');
export const SECRETS = namespaced<Wire<V1Secret>>('v1', 'Secret', 'secrets');
export const PODS = namespaced<Wire<V1Pod>>('v1', 'Pod', 'pods');
export const NAMESPACES = clusterWide<Wire<V1Namespace>>('v1', 'Namespace', 'namespaces');
export const NODES = clusterWide<Wire<V1Node>>('v1', 'Node', 'nodes');
export const DEPLOYMENTS = namespaced<Wire<V1Deployment>>('apps/v1', 'Deployment', 'deployments');
export const JOBS = namespaced<Wire<V1Job>>('batch/v1', 'Job', 'jobs');
export const LEASES = namespaced<Wire<V1Lease>>('coordination.k8s.io/v1', 'Lease', 'leases');
export const EVENTS = namespaced<Wire<EventsV1Event>>('events.k8s.io/v1', 'Event', 'events');
export const ACCESS_REVIEWS = clusterWide<Wire<V1SelfSubjectAccessReview>>(
  'authorization.k8s.io/v1',
  'SelfSubjectAccessReview',
  'selfsubjectaccessreviews',
);
export const CUSTOM_RESOURCE_DEFINITIONS = clusterWide<Wire<V1CustomResourceDefinition>>(
  'apiextensions.k8s.io/v1',
  'CustomResourceDefinition',
  'customresourcedefinitions',
);

const KNOWN: readonly Resource<KubeObject>[] = [
  CONFIG_MAPS,
  SECRETS,
  PODS,
  NAMESPACES,
  NODES,
  DEPLOYMENTS,
  JOBS,
  LEASES,
];

/** The resource of an object that names its own kind, e.g. one made by a renderer. A kind missing here is a defect. */
export function resourceOf(object: KubeObject): Resource<KubeObject> {
  const found = KNOWN.find((r) => r.apiVersion === object.apiVersion && r.kind === object.kind);
  if (!found) throw new Error(`no resource is known for ${String(object.apiVersion)} ${String(object.kind)}`);
  return found;
}

/** Where an object is; `namespace` is left out for cluster-wide kinds. */
export interface At {
  readonly namespace?: string;
  readonly name: string;
}

/** `namespace/name`, which is what an object is called among those of its kind; `/name` for a cluster-wide one. */
export const objectKey = (
  at: { readonly namespace?: string | undefined; readonly name?: string | undefined } | undefined,
): string => `${at?.namespace ?? ''}/${at?.name ?? ''}`;

/** The URL path of a collection, or of one object in it. */
export function pathOf(
  resource: Resource<KubeObject>,
  at: { readonly namespace?: string; readonly name?: string },
): string {
  const root = resource.apiVersion.includes('/')
    ? `/apis/${resource.apiVersion}`
    : `/api/${resource.apiVersion}`;
  const space =
    resource.namespaced && at.namespace !== undefined
      ? `/namespaces/${encodeURIComponent(at.namespace)}`
      : '';
  const name = at.name === undefined ? '' : `/${encodeURIComponent(at.name)}`;
  return `${root}${space}/${resource.plural}${name}`;
}

/** How messages name an object: `Deployment "curve/my-etcd-a"`. */
export function subjectOf(
  resource: Resource<KubeObject>,
  at: { readonly namespace?: string; readonly name?: string },
): string {
  const where = [resource.namespaced ? at.namespace : undefined, at.name].filter(
    (part) => part !== undefined,
  );
  return where.length === 0 ? resource.plural : `${resource.kind} "${where.join('/')}"`;
}
