import { activityInfo } from '@temporalio/activity';
import { apply } from '../../kube/apply.ts';
import { isConflict, isNotFound } from '../../kube/errors.ts';
import { recordEvent as record } from '../../kube/events.ts';
import { find } from '../../kube/objects.ts';
import { withNext } from '../../systems/failure-text.ts';
import type { FailureText } from '../../systems/failure.ts';
import { type Condition, LONGEST_MESSAGE, nextCondition } from '../../systems/conditions.ts';
import type { NodesVerdict } from '../../systems/node-health.ts';
import { type ReadyVerdict, READY_MANAGER } from '../../systems/readiness.ts';
import type { OperationId, OperationState, ResourceRef } from '../../systems/operation.ts';
import { BY_TERMINATION, type PhaseView, cutShort, endedBy } from '../../systems/phases.ts';
import type { ControlActivities } from './contract.ts';
import type { ActivityContext } from './activity-context.ts';

/**
 * Status is for people. Two writers, each with fields of its own: the operation (keelson-phases), for which the
 * cluster's entity speaks when it was terminated, and the health check (keelson-ready), in whose name the controller
 * says Unknown when nobody checks. Conditions are a map by type, so each owns entries of it.
 */
const PHASES_MANAGER = 'keelson-phases';

/** An Event has 1,024 bytes, and some letters take more than one. Past this the message gives way to the next step. */
const LONGEST_EVENT = 900;

export interface PhasesReport extends FailureText {
  readonly operation: OperationId;
  readonly state: OperationState;
  readonly phases: readonly PhaseView[];
}

/** How the operation stands, phase by phase. */
export async function writePhases(work: ActivityContext, report: PhasesReport): Promise<void> {
  const id = activityInfo().workflowExecution?.workflowId ?? '';
  await writeStatus(work, report.operation, PHASES_MANAGER, (held) => standing(held, id, report));
}

/** The last phases that the operation told of itself, cut short. Nothing when it has told its end, or a later one of itself. */
export async function writeTerminated(
  work: ActivityContext,
  { operation, id }: { readonly operation: OperationId; readonly id: string },
): Promise<void> {
  const message = endedBy(BY_TERMINATION);
  await writeStatus(work, operation, PHASES_MANAGER, (held) => {
    const before = readRemembered(held);
    const age = before.operation === undefined ? -1 : ageOf(before.operation, operation);
    if (age > 0 || (age === 0 && before.operation?.state !== 'Running')) return undefined;
    // Before its first word, the phases are those of the operation before.
    const phases = age < 0 ? [] : cutShort(before.phases, new Date().toISOString(), message);
    return standing(held, id, { operation, state: 'Failed', phases, message });
  });
}

function standing(
  held: unknown,
  id: string,
  { operation, state, phases, message, next }: PhasesReport,
): object {
  const { generation, attempt } = operation;
  // What kubectl shows in one field; whoever reads the operation finds two.
  const text = withNext({ message, next }, LONGEST_MESSAGE);
  return {
    phase: state,
    message: text,
    operation: { id, generation, attempt, state, message, ...(next === undefined ? {} : { next }) },
    phases,
    conditions: [
      nextCondition(
        readRemembered(held).conditions,
        {
          type: 'Progressing',
          status: state === 'Running' ? 'True' : 'False',
          observedGeneration: generation,
          reason: `Operation${state}`,
          message: text,
        },
        new Date(),
      ),
    ],
  };
}

export interface HealthToWrite {
  readonly resource: ResourceRef;
  readonly uid: string;
  readonly verdict: ReadyVerdict;
  readonly nodes: NodesVerdict;
}

/** Whether the cluster is healthy, and whether its nodes answer. False when the resource is gone. */
export async function writeHealth(
  work: Pick<ActivityContext, 'kube' | 'systems'>,
  { resource, uid, verdict, nodes }: HealthToWrite,
): Promise<boolean> {
  const { ready, reason, message, observedAt, observedGeneration } = verdict;
  const said = [
    { type: 'Ready', status: statusOf(ready), observedGeneration, reason, message },
    {
      type: 'NodesAnswering',
      status: statusOf(nodes.answering),
      observedGeneration,
      reason: nodes.reason,
      message: nodes.message,
    },
  ];
  return writeStatus(work, { ...resource, uid }, READY_MANAGER, (held) => ({
    observedAt,
    conditions: said.map((next) =>
      nextCondition(readRemembered(held).conditions, next, new Date(observedAt)),
    ),
  }));
}

const statusOf = (holds: boolean | undefined): Condition['status'] =>
  holds === undefined ? 'Unknown' : holds ? 'True' : 'False';

/** An Event on the resource; nothing when the resource is gone. */
export async function recordEvent(
  work: ActivityContext,
  input: Parameters<ControlActivities['recordEvent']>[0],
): Promise<void> {
  const { operation, type, reason, message, next } = input;
  const { namespace, name, uid } = operation;
  const { resource } = work.systems.kindOf(operation).kind;
  const regarding = {
    apiVersion: resource.apiVersion,
    kind: resource.kind,
    namespace,
    name,
    uid,
  };
  try {
    const note = { type, reason, message: withNext({ message, next }, LONGEST_EVENT) };
    await record(work.kube, regarding, note, work.identity, new Date());
  } catch (error) {
    if (!isNotFound(error)) throw error; // the namespace is gone, and whoever would read it with it
  }
}

/** The uid and generation that the live resource has now. */
export async function readResource(
  { kube, systems }: ActivityContext,
  ref: ResourceRef,
): Promise<{ readonly uid: string; readonly generation: number } | undefined> {
  const live = await find(kube, systems.kindOf(ref).kind.resource, ref);
  const { uid, generation } = live?.metadata ?? {};
  return uid === undefined || generation === undefined ? undefined : { uid, generation };
}

/** Writes one manager's part of the status. False when the resource is gone or another took its name. */
async function writeStatus(
  { kube, systems }: Pick<ActivityContext, 'kube' | 'systems'>,
  { uid, ...ref }: ResourceRef & { readonly uid: string },
  manager: string,
  statusOn: (held: unknown) => object | undefined,
): Promise<boolean> {
  const { namespace, name } = ref;
  const { resource } = systems.kindOf(ref).kind;
  const live = await find(kube, resource, { namespace, name });
  if (live?.metadata?.uid !== uid) return false;
  const status = statusOn(live.status);
  if (!status) return true;
  try {
    await apply(
      kube,
      resource,
      { metadata: { namespace, name, uid }, status },
      { manager, force: true, subresource: 'status' },
    );
  } catch (error) {
    // Deleted, or deleted and made again, since it was read: there is nobody to tell.
    if (!isNotFound(error) && !isConflict(error)) throw error;
    return false;
  }
  return true;
}

type Attempt = Pick<OperationId, 'generation' | 'attempt'>;

/** Below zero when the first is the older of two. */
const ageOf = (one: Attempt, other: Attempt): number =>
  one.generation - other.generation || one.attempt - other.attempt;

/** What the status says so far. */
interface Remembered {
  readonly operation?: Attempt & { readonly state?: string };
  readonly phases: readonly PhaseView[];
  readonly conditions: readonly Condition[];
}

function readRemembered(status: unknown): Remembered {
  const { operation, phases, conditions } = (status ?? {}) as Partial<Remembered>;
  return {
    ...(operation && { operation }),
    phases: Array.isArray(phases) ? phases : [],
    conditions: Array.isArray(conditions) ? conditions : [],
  };
}
