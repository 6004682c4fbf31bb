import { isDeepStrictEqual } from 'node:util';
import { FIELD_MANAGER, apply, applyOwned, carries, ownerWords } from '../../kube/apply.ts';
import type { Kube } from '../../kube/client.ts';
import { find } from '../../kube/objects.ts';
import { DEPLOYMENTS, type KubeObject, resourceOf } from '../../kube/resources.ts';
import type { ClusterIdentity } from '../../systems/operation.ts';
import { LABEL, MANAGED_BY } from '../../systems/names.ts';

/** The labels without which an object of one of our names belongs to somebody else. */
export const ownedBy = ({ clusterId }: Pick<ClusterIdentity, 'clusterId'>): Record<string, string> => ({
  [LABEL.managedBy]: MANAGED_BY,
  [LABEL.clusterId]: clusterId,
});

/** The objects of these instances, and those that belong to no instance alone. */
export const ofInstances = (
  instances: readonly string[],
  objects: readonly KubeObject[],
): readonly KubeObject[] =>
  objects.filter((object) => {
    const instance = instanceOf(object);
    return instance === undefined || instances.includes(instance);
  });

/** The instance of a daemon that an object belongs to. */
export const instanceOf = ({ metadata }: KubeObject): string | undefined =>
  metadata?.labels?.[LABEL.instance];

/** Brings every object to what it should be: first what pods mount, then what makes pods. */
export async function applyAll(
  kube: Kube,
  context: ClusterIdentity,
  objects: readonly KubeObject[],
): Promise<void> {
  const makesPods = ({ kind }: KubeObject): boolean => kind === DEPLOYMENTS.kind;
  const together = (some: readonly KubeObject[]) =>
    Promise.all(some.map((object) => applyOwned(kube, object, ownedBy(context))));
  await together(objects.filter((object) => !makesPods(object)));
  await together(objects.filter(makesPods));
}

/** An object that is not as it should be. */
export interface Drift {
  readonly object: KubeObject;
  readonly reason: string;
}

/** Which objects are not as they should be. Changes nothing: the API server itself is asked what would change. */
export async function driftOf(
  kube: Kube,
  context: ClusterIdentity,
  objects: readonly KubeObject[],
): Promise<readonly Drift[]> {
  const looked = await Promise.all(
    objects.map(async (object) => ({ object, reason: await drift(kube, context, object) })),
  );
  return looked.flatMap(({ object, reason }) => (reason === undefined ? [] : [{ object, reason }]));
}

async function drift(kube: Kube, context: ClusterIdentity, object: KubeObject): Promise<string | undefined> {
  const { namespace = '', name = '' } = object.metadata ?? {};
  const subject = `${object.kind ?? ''} ${name}`;
  const resource = resourceOf(object);
  const live = await find(kube, resource, { namespace, name });
  if (!live) return `${subject} does not exist`;
  if (!carries(live, ownedBy(context))) return `${subject} belongs to ${ownerWords(live)}`;
  const options = { manager: FIELD_MANAGER, force: true, dryRun: true };
  const would = await apply(kube, resource, object, options);
  return isDeepStrictEqual(meaning(live), meaning(would)) ? undefined : `${subject} differs from the spec`;
}

/** What counts of an object: not the bookkeeping that each write changes, nor what the system writes. */
function meaning(object: KubeObject): unknown {
  const { metadata, status: _status, ...rest } = object as KubeObject & { status?: unknown };
  const {
    managedFields: _fields,
    resourceVersion: _version,
    generation: _generation,
    ...kept
  } = metadata ?? {};
  return { ...rest, metadata: kept };
}
