import { READY_HOLDS_MS } from '../requests/view/cluster.ts';
import { readStatus } from '../requests/view/status.ts';
import { apply } from '../kube/apply.ts';
import type { Kube } from '../kube/client.ts';
import { isConflict, isNotFound } from '../kube/errors.ts';
import { recordEvent } from '../kube/events.ts';
import type { CustomObject } from '../kube/resources.ts';
import type { LiveResource } from './resources.ts';
import { isHeld, nextCondition } from '../systems/conditions.ts';
import { READY_MANAGER } from '../systems/readiness.ts';

/** Our name in managedFields: the condition Accepted is ours, and nothing else. */
export const CONTROLLER_MANAGER = 'keelson-controller';

/** What is said of the manifest that stands in the resource now. */
export interface Verdict {
  readonly accepted: boolean;
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
}

/** Whether the manifest that stands in the resource now was accepted before. */
export const isAccepted = ({ metadata, status }: CustomObject): boolean =>
  readStatus(status).conditions.some(
    (c) => c.type === 'Accepted' && c.status === 'True' && c.observedGeneration === metadata?.generation,
  );

/** Writes the condition Accepted, unless it says the same already. */
export async function writeAccepted(
  kube: Kube,
  resource: LiveResource,
  verdict: Verdict,
  now: Date,
): Promise<void> {
  const held = readStatus(resource.object.status).conditions;
  const { accepted, reason, message } = verdict;
  const status = accepted ? 'True' : 'False';
  const observedGeneration = resource.object.metadata?.generation ?? 0;
  const next = { type: 'Accepted', status, reason, message, observedGeneration } as const;
  const condition = nextCondition(held, next, now);
  if (isHeld(held, condition)) return;
  await apply(
    kube,
    resource.known.kind.resource,
    {
      metadata: identityOf(resource),
      status: { conditions: [condition] },
    },
    { manager: CONTROLLER_MANAGER, force: true, subresource: 'status' },
  );
}

/** What health checks say of a cluster. */
const HEALTH_CONDITIONS = ['Ready', 'NodesAnswering'];

/** Nobody has observed the cluster for longer than Ready holds. */
export function isUnseen({ object }: LiveResource, now: Date): boolean {
  const since = readStatus(object.status).observedAt ?? object.metadata?.creationTimestamp ?? '';
  return !(now.getTime() - Date.parse(since) <= READY_HOLDS_MS);
}

/**
 * Says Unknown of a cluster that was not observed for longer than Ready holds, unless it is said already. `why`
 * is for people. Written in the name of the health checks, so that the next one that succeeds simply takes it back.
 */
export async function writeUnseen(kube: Kube, resource: LiveResource, why: string, now: Date): Promise<void> {
  const { conditions, observedAt } = readStatus(resource.object.status);
  if (!isUnseen(resource, now)) return;
  const [reason, seen] = observedAt
    ? ['NotCheckedLately', `last checked at ${observedAt}`]
    : ['NotCheckedYet', 'the cluster was not checked yet'];
  const unknown = HEALTH_CONDITIONS.map((type) => {
    const { observedGeneration } = conditions.find((c) => c.type === type) ?? {};
    const judged = observedGeneration === undefined ? {} : { observedGeneration };
    const next = { type, status: 'Unknown', reason, message: `${seen}: ${why}`, ...judged } as const;
    return nextCondition(conditions, next, now);
  });
  if (unknown.every((condition) => isHeld(conditions, condition))) return;
  const { resourceVersion } = resource.object.metadata ?? {};
  await apply(
    kube,
    resource.known.kind.resource,
    {
      // A check that has succeeded since makes this a conflict, and is right.
      metadata: { ...identityOf(resource), ...(resourceVersion ? { resourceVersion } : {}) },
      status: { ...(observedAt ? { observedAt } : {}), conditions: unknown },
    },
    { manager: READY_MANAGER, force: true, subresource: 'status' },
  ).catch((err: unknown) => {
    if (!isConflict(err) && !isNotFound(err)) throw err;
  });
}

/** An Event that `kubectl describe` shows with the resource. */
export async function recordResourceEvent(
  kube: Kube,
  resource: LiveResource,
  note: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string },
  identity: string,
): Promise<void> {
  const { namespace, name, uid } = identityOf(resource);
  const { apiVersion, kind } = resource.known.kind.resource;
  await recordEvent(kube, { apiVersion, kind, namespace, name, uid }, note, identity, new Date());
}

/** With the uid, so that nothing is written to a resource made again under the same name. */
const identityOf = ({ ref, object }: LiveResource): { namespace: string; name: string; uid: string } => ({
  namespace: ref.namespace,
  name: ref.name,
  uid: object.metadata?.uid ?? '',
});
