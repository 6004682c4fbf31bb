import type { Kube } from './client.ts';
import { type Asked, isAlreadyExists, isNotFound } from './errors.ts';
import { PAGE_SIZE } from './intervals.ts';
import { type At, type KubeObject, type Resource, pathOf, subjectOf } from './resources.ts';

/** Which objects of a resource: a namespace (all when absent) and selectors in kubectl's own words. */
export interface Scope {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface Listed<T> {
  readonly items: readonly T[];
  /** The point in time of this answer, to watch from. */
  readonly resourceVersion: string;
}

/** What a request asks, in the words of RBAC and of messages. */
export function asked(
  verb: string,
  resource: Resource<KubeObject>,
  at: { readonly namespace?: string; readonly name?: string },
  subresource?: string,
): Asked {
  const group = resource.apiVersion.includes('/') ? `.${resource.apiVersion.split('/')[0] ?? ''}` : '';
  return {
    verb,
    rbac: `${resource.plural}${group}${subresource === undefined ? '' : `/${subresource}`}`,
    subject: subjectOf(resource, at),
    ...(resource.namespaced && at.namespace !== undefined ? { namespace: at.namespace } : {}),
  };
}

/** Reads one object; a missing one is an error with reason NotFound. */
export async function get<T extends KubeObject>(kube: Kube, resource: Resource<T>, at: At): Promise<T> {
  return kube.json<T>({ method: 'GET', path: pathOf(resource, at), asked: asked('get', resource, at) });
}

/** Reads one object; undefined when it does not exist. */
export async function find<T extends KubeObject>(
  kube: Kube,
  resource: Resource<T>,
  at: At,
): Promise<T | undefined> {
  try {
    return await get(kube, resource, at);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Reads all objects of a scope, in pages. */
export const list = <T extends KubeObject>(
  kube: Kube,
  resource: Resource<T>,
  scope: Scope = {},
): Promise<Listed<T>> => listPages<T>(kube, resource, scope);

/** Reads names, labels and owners only: for kinds whose content is large or none of our business. */
export const listMetadata = (
  kube: Kube,
  resource: Resource<KubeObject>,
  scope: Scope = {},
): Promise<Listed<KubeObject>> =>
  listPages<KubeObject>(
    kube,
    resource,
    scope,
    'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  );

async function listPages<T extends KubeObject>(
  kube: Kube,
  resource: Resource<T>,
  scope: Scope,
  accept?: string,
): Promise<Listed<T>> {
  const items: T[] = [];
  let token: string | undefined;
  while (true) {
    const page: { items?: T[]; metadata: { resourceVersion: string; continue?: string } } = await kube.json({
      method: 'GET',
      path: pathOf(resource, spaceOf(scope)),
      query: { ...selectors(scope), limit: String(PAGE_SIZE), continue: token },
      asked: asked('list', resource, spaceOf(scope)),
      ...(accept === undefined ? {} : { accept }),
    });
    items.push(...(page.items ?? []));
    token = page.metadata.continue === '' ? undefined : page.metadata.continue;
    if (token === undefined) return { items, resourceVersion: page.metadata.resourceVersion };
  }
}

/** Creates an object; one that exists is an error with reason AlreadyExists. */
export async function create<T extends KubeObject>(kube: Kube, resource: Resource<T>, object: T): Promise<T> {
  const at = { ...spaceOf({ namespace: object.metadata?.namespace }), name: object.metadata?.name ?? '' };
  return kube.json<T>({
    method: 'POST',
    path: pathOf(resource, spaceOf(at)),
    query: { fieldManager: 'keelson', fieldValidation: 'Strict' },
    body: { apiVersion: resource.apiVersion, kind: resource.kind, ...object },
    asked: asked('create', resource, at),
  });
}

/** Creates an object, or reads the one that is there already: of two racers both end with the same object. */
export async function createIfAbsent<T extends KubeObject>(
  kube: Kube,
  resource: Resource<T>,
  object: T,
): Promise<T> {
  try {
    return await create(kube, resource, object);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return get(kube, resource, {
      ...spaceOf({ namespace: object.metadata?.namespace }),
      name: object.metadata?.name ?? '',
    });
  }
}

export interface Removal {
  /** Only that very object: one that was made again under the same name stays. */
  readonly uid?: string | undefined;
  /** Foreground: the object stays, being deleted, until what it owns is gone. */
  readonly propagation?: 'Background' | 'Foreground';
}

/** Deletes one object, with what it owns; an absent one is success. */
export async function remove<T extends KubeObject>(
  kube: Kube,
  resource: Resource<T>,
  at: At,
  { uid, propagation = 'Background' }: Removal = {},
): Promise<void> {
  try {
    await kube.text({
      method: 'DELETE',
      path: pathOf(resource, at),
      body: { propagationPolicy: propagation, ...(uid === undefined ? {} : { preconditions: { uid } }) },
      asked: asked('delete', resource, at),
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** The query parameters that select a scope. */
export const selectors = (scope: Scope): Record<string, string | undefined> => ({
  labelSelector: scope.labelSelector,
  fieldSelector: scope.fieldSelector,
});

/** Only the namespace of something, absent when it has none. */
export const spaceOf = (at: { readonly namespace?: string | undefined }): { readonly namespace?: string } =>
  at.namespace === undefined ? {} : { namespace: at.namespace };
