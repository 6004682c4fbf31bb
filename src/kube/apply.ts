import type { Kube } from './client.ts';
import { KubeError, REASON, isAlreadyExists, isConflict } from './errors.ts';
import { asked, find, spaceOf } from './objects.ts';
import { type KubeObject, type Resource, pathOf, resourceOf, subjectOf } from './resources.ts';

/** Our name in managedFields for everything but status. */
export const FIELD_MANAGER = 'keelson';

export interface ApplyOptions {
  /** Who owns the fields that are sent; one name for each writer. */
  readonly manager: string;
  /** Takes fields over that another manager holds. */
  readonly force: boolean;
  readonly subresource?: 'status';
  readonly dryRun?: boolean;
}

/**
 * Server-side apply: the object has afterwards exactly our value in every field that is sent, and fields that this
 * manager sent before and no longer sends are given up. Without `force`, fields of another manager are a Conflict whose
 * causes name field and manager.
 */
export async function apply<T extends KubeObject>(
  kube: Kube,
  resource: Resource<T>,
  object: T,
  options: ApplyOptions,
): Promise<T> {
  const at = { ...spaceOf({ namespace: object.metadata?.namespace }), name: object.metadata?.name ?? '' };
  return kube.json<T>({
    method: 'PATCH',
    path: pathOf(resource, at) + (options.subresource === undefined ? '' : `/${options.subresource}`),
    query: {
      fieldManager: options.manager,
      force: String(options.force),
      fieldValidation: 'Strict',
      dryRun: options.dryRun === true ? 'All' : undefined,
    },
    body: { apiVersion: resource.apiVersion, kind: resource.kind, ...object },
    contentType: 'application/apply-patch+yaml', // JSON is YAML
    asked: asked('patch', resource, at, options.subresource),
  });
}

/**
 * Applies an object that is ours alone. One that exists without every one of `ownedBy`'s labels belongs to somebody
 * else and is refused (NameTaken), never changed.
 */
export async function applyOwned<T extends KubeObject>(
  kube: Kube,
  object: T,
  ownedBy: Readonly<Record<string, string>>,
): Promise<T> {
  const resource = resourceOf(object) as Resource<T>;
  const at = { ...spaceOf({ namespace: object.metadata?.namespace }), name: object.metadata?.name ?? '' };
  const existing = await find(kube, resource, at);
  if (existing && !carries(existing, ownedBy)) throw nameTaken(resource, object, existing);
  try {
    // Force only where ownership was seen: somebody who creates the object between the look and here is a conflict.
    return await apply(kube, resource, object, { manager: FIELD_MANAGER, force: existing !== undefined });
  } catch (error) {
    if (existing || !(isConflict(error) || isAlreadyExists(error))) throw error;
    const other = await find(kube, resource, at);
    if (!other || !carries(other, ownedBy)) throw other ? nameTaken(resource, object, other) : error;
    return apply(kube, resource, object, { manager: FIELD_MANAGER, force: true });
  }
}

/** True when the object has each of these labels with its value. */
export function carries(object: KubeObject, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([key, value]) => object.metadata?.labels?.[key] === value);
}

/** Who an object belongs to, as far as it says so: for messages. */
export function ownerWords(object: KubeObject): string {
  const labels = object.metadata?.labels ?? {};
  const owner = object.metadata?.ownerReferences?.[0];
  if (owner) return `${owner.kind} "${owner.name}"`;
  const manager = labels['app.kubernetes.io/managed-by'] ?? object.metadata?.managedFields?.[0]?.manager;
  const instance = labels['app.kubernetes.io/instance'];
  if (instance !== undefined) return `${instance}${manager === undefined ? '' : ` (${manager})`}`;
  return manager ?? 'unknown';
}

function nameTaken(resource: Resource<KubeObject>, wanted: KubeObject, existing: KubeObject): KubeError {
  const subject = subjectOf(resource, {
    ...spaceOf(wanted.metadata ?? {}),
    name: wanted.metadata?.name ?? '',
  });
  const space = wanted.metadata?.namespace;
  return new KubeError({
    reason: REASON.nameTaken,
    status: 409,
    subject,
    message:
      `cannot apply ${subject}: an object of this name exists and does not belong to this cluster (owner: ` +
      `${ownerWords(existing)})`,
    next:
      `look at it with "kubectl get ${resource.plural} ${wanted.metadata?.name ?? ''}` +
      `${space === undefined ? '' : ` -n ${space}`} -o yaml"; remove it or choose another cluster name or namespace, then retry`,
  });
}
