/** A custom resource whose storage Keelson provisions, as ids and messages name it. */
export interface ResourceRef {
  /** Id of its system, e.g. `curve`. */
  readonly system: string;
  /** Id of its kind within the system, e.g. `cluster`. */
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** The manifest that one operation works from, and which attempt at it this is. */
export interface OperationId extends ResourceRef {
  /** uid of the custom resource. */
  readonly uid: string;
  readonly generation: number;
  /** 1 for the first; every retry of the same generation counts one up. */
  readonly attempt: number;
}

/** Which cluster an object is made for: what its labels, its owner and its names are taken from. */
export interface ClusterIdentity {
  readonly operation: OperationId;
  /** Minted at the first apply, kept in ConfigMap `<name>-keelson`. */
  readonly clusterId: string;
}

/** How an operation stands; also its Temporal outcome in words. */
export type OperationState = 'Running' | 'Succeeded' | 'Failed' | 'Superseded';

/** `namespace/name`, as people write it. */
export const qualifiedName = ({ namespace, name }: Pick<ResourceRef, 'namespace' | 'name'>): string =>
  `${namespace}/${name}`;

/** One text for one resource. Names of Kubernetes objects and ids of systems and kinds hold no slash. */
export const resourceKey = (ref: ResourceRef): string => `${ref.system}/${ref.kind}/${qualifiedName(ref)}`;

/** The resource that {@link resourceKey} made the key of. */
export function refFromKey(key: string): ResourceRef {
  const [system = '', kind = '', namespace = '', name = ''] = key.split('/');
  return { system, kind, namespace, name };
}
