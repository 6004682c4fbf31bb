import { apply } from '../kube/apply.ts';
import type { Kube } from '../kube/client.ts';
import { recordEvent } from '../kube/events.ts';
import { CURVE_CLUSTERS, type CurveClusterObject } from '../kube/resources.ts';
import { readStatus } from '../api/view/status.ts';

/** Our name in managedFields: the condition Accepted is ours, and nothing else. */
export const CONTROLLER_MANAGER = 'keelson-controller';

/** What is said of the document that stands in the resource now. */
export interface Verdict {
  readonly accepted: boolean;
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
}

/** The API server refuses longer messages of conditions. */
const LONGEST_MESSAGE = 32_000;

/** Writes the condition Accepted, unless it says the same already. */
export async function writeAccepted(
  kube: Kube,
  resource: CurveClusterObject,
  verdict: Verdict,
  now: Date,
): Promise<void> {
  const before = readStatus(resource.status).conditions.find((c) => c.type === 'Accepted');
  const { reason } = verdict;
  const status = verdict.accepted ? 'True' : 'False';
  const message = verdict.message.slice(0, LONGEST_MESSAGE);
  const observedGeneration = resource.metadata?.generation ?? 0;
  const same =
    before?.status === status &&
    before.reason === reason &&
    before.message === message &&
    before.observedGeneration === observedGeneration;
  if (same) return;
  const lastTransitionTime =
    before?.status === status && before.lastTransitionTime ? before.lastTransitionTime : seconds(now);
  await apply<CurveClusterObject>(
    kube,
    CURVE_CLUSTERS,
    {
      metadata: identityOf(resource),
      status: {
        conditions: [{ type: 'Accepted', status, reason, message, observedGeneration, lastTransitionTime }],
      },
    },
    { manager: CONTROLLER_MANAGER, force: true, subresource: 'status' },
  );
}

/** An Event that `kubectl describe` shows with the resource. */
export async function tell(
  kube: Kube,
  resource: CurveClusterObject,
  note: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string },
  identity: string,
): Promise<void> {
  const { namespace, name, uid } = identityOf(resource);
  const { apiVersion, kind } = CURVE_CLUSTERS;
  await recordEvent(kube, { apiVersion, kind, namespace, name, uid }, note, identity, new Date());
}

/** With the uid, so that nothing is written to a resource made anew under the same name. */
const identityOf = (resource: CurveClusterObject): { namespace: string; name: string; uid: string } => ({
  namespace: resource.metadata?.namespace ?? '',
  name: resource.metadata?.name ?? '',
  uid: resource.metadata?.uid ?? '',
});

/** metav1.Time has no fractions. */
const seconds = (time: Date): string => time.toISOString().replace(/\.\d+Z$/, 'Z');
