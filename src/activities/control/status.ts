import { activityInfo } from '@temporalio/activity';
import { apply } from '../../kube/apply.ts';
import { isConflict, isNotFound } from '../../kube/errors.ts';
import { recordEvent as record } from '../../kube/events.ts';
import { find } from '../../kube/objects.ts';
import { CURVE_CLUSTERS } from '../../kube/resources.ts';
import type { ReadyVerdict } from '../../systems/curve/facts.ts';
import type { OperationId } from '../../systems/curve/layout.ts';
import type { PhaseView } from '../../systems/curve/phases.ts';
import { READY_MANAGER } from '../../systems/curve/ready.ts';
import type { ClusterName } from './cluster-id.ts';
import type { ControlActivities, OperationState } from './contract.ts';
import type { Work } from './deps.ts';

/**
 * Status is for people. Two writers, each with fields of its own: the operation (keelson-phases) and the look
 * (keelson-ready), in whose name the controller says Unknown when looks do not succeed. Conditions are a map by type, so
 * each owns one entry of it.
 */
const PHASES_MANAGER = 'keelson-phases';

interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

export interface PhasesReport {
  readonly operation: OperationId;
  readonly state: OperationState;
  readonly phases: readonly PhaseView[];
  readonly message: string;
}

/** How the operation stands, phase by phase. */
export async function writePhases(
  work: Work,
  { operation, state, phases, message }: PhasesReport,
): Promise<void> {
  const { generation, attempt } = operation;
  await writeStatus(work, operation, PHASES_MANAGER, (held) => ({
    phase: state,
    message,
    operation: { id: activityInfo().workflowExecution?.workflowId, generation, attempt, state, message },
    phases,
    conditions: [
      condition(held, {
        type: 'Progressing',
        status: state === 'Running' ? 'True' : 'False',
        observedGeneration: generation,
        reason: `Operation${state}`,
        message,
      }),
    ],
  }));
}

export interface ReadyReport {
  readonly operation: OperationId;
  readonly verdict: ReadyVerdict;
}

/** Whether the cluster was healthy when it was looked at. */
export async function writeReady(work: Work, { operation, verdict }: ReadyReport): Promise<void> {
  const { ready, reason, message, observedAt, observedGeneration } = verdict;
  await writeStatus(work, operation, READY_MANAGER, (held) => ({
    observedAt,
    conditions: [
      condition(held, {
        type: 'Ready',
        status: ready ? 'True' : 'False',
        observedGeneration,
        reason,
        message,
      }),
    ],
  }));
}

/** An Event on the resource; nothing when the resource is gone. */
export async function recordEvent(
  work: Work,
  input: Parameters<ControlActivities['recordEvent']>[0],
): Promise<void> {
  const { operation, type, reason, message } = input;
  const { namespace, name, uid } = operation;
  const regarding = {
    apiVersion: CURVE_CLUSTERS.apiVersion,
    kind: CURVE_CLUSTERS.kind,
    namespace,
    name,
    uid,
  };
  try {
    await record(work.kube, regarding, { type, reason, message }, work.identity, new Date());
  } catch (error) {
    if (!isNotFound(error)) throw error; // the namespace is gone, and whoever would read it with it
  }
}

/** The uid and generation that the live resource has now. */
export async function readResource(
  { kube }: Work,
  { namespace, name }: ClusterName,
): Promise<{ readonly uid: string; readonly generation: number } | undefined> {
  const live = await find(kube, CURVE_CLUSTERS, { namespace, name });
  const { uid, generation } = live?.metadata ?? {};
  return uid === undefined || generation === undefined ? undefined : { uid, generation };
}

/** Writes one manager's part of the status; nothing when the resource is gone or another took its name. */
async function writeStatus(
  { kube }: Work,
  { namespace, name, uid }: OperationId,
  manager: string,
  status: (held: readonly Condition[]) => object,
): Promise<void> {
  const live = await find(kube, CURVE_CLUSTERS, { namespace, name });
  if (live?.metadata?.uid !== uid) return;
  try {
    await apply(
      kube,
      CURVE_CLUSTERS,
      { metadata: { namespace, name, uid }, status: status(conditionsOf(live.status)) },
      { manager, force: true, subresource: 'status' },
    );
  } catch (error) {
    // Deleted, or deleted and made anew, since the look: there is nobody to tell.
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}

/** lastTransitionTime moves only when the status does. */
function condition(held: readonly Condition[], next: Omit<Condition, 'lastTransitionTime'>): Condition {
  const before = held.find((c) => c.type === next.type);
  const same = before?.status === next.status ? before.lastTransitionTime : undefined;
  return { ...next, lastTransitionTime: same ?? new Date().toISOString() };
}

function conditionsOf(status: unknown): readonly Condition[] {
  if (typeof status !== 'object' || status === null || !('conditions' in status)) return [];
  return Array.isArray(status.conditions) ? (status.conditions as Condition[]) : [];
}
