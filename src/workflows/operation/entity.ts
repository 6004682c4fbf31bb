import {
  allHandlersFinished,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  log,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  type ChildWorkflowHandle,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import {
  ChildWorkflowFailure,
  TerminatedFailure,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';
import type { OperationId, OperationState, ResourceRef } from '../../systems/operation.ts';
import { operationFailure } from '../../systems/failures.ts';
import { applicationFailure, failureMessage } from '../failure.ts';
import {
  type ApplyAnswer,
  applyUpdate,
  clusterQuery,
  operationEnded,
  retryUpdate,
  supersede,
} from '../messages.ts';
import { write, read } from '../activity-options.ts';
import { type Installation, installationOf, operationWorkflowId } from '../ids.ts';
import type { OperationInput } from './operation.ts';

/** What kind of resource an entity is, and how its operations are started. */
export interface EntityDefinition {
  /** Workflow type of its operations. */
  readonly operation: string;
  /** E.g. `Curve cluster`. */
  readonly title: string;
}

/** The newest manifest of a resource and the operation that works on it. */
interface Current {
  readonly operation: OperationId;
  readonly spec: unknown;
  readonly state: OperationState;
  /** False until its execution was started. */
  readonly started: boolean;
}

/** What an entity carries over when it continues as new. */
export interface EntityMemory {
  readonly current?: Current;
  /** An operation that was told to stop and has not reported its end yet. */
  readonly stopping?: string;
}

type OperationWorkflow = (input: OperationInput<unknown>) => Promise<OperationState>;
type OperationHandle = ChildWorkflowHandle<OperationWorkflow>;

/** How often a stopped operation that stays silent is asked again: it may have been ended by a person meanwhile. */
const ASK_AGAIN = '1m';

/**
 * One resource for as long as it is known: takes manifests and retries, runs one operation at a time, and lets the newest
 * generation win.
 */
export async function runEntity(
  definition: EntityDefinition,
  ref: ResourceRef,
  memory: EntityMemory = {},
): Promise<void> {
  const installation = installationOf(workflowInfo().workflowId);
  const idOf = (operation: OperationId): string => operationWorkflowId(installation, operation);
  let { current, stopping } = memory;
  let checking = Promise.resolve();

  const accept = (operation: OperationId, spec: unknown): ApplyAnswer => {
    if (current?.started && current.state === 'Running') stopping = idOf(current.operation);
    current = { operation, spec, state: 'Running', started: false };
    return { operation: idOf(operation), started: true };
  };

  setHandler(clusterQuery, () => {
    if (!current) return undefined;
    const { operation, state, started } = current;
    return { operation, state, started, ...(stopping && { stopping }) };
  });

  setHandler(applyUpdate, async ({ uid, generation, spec }) => {
    // Manifests are taken one after the other: the read of the live resource must not let a later one overtake.
    const before = checking;
    let done = (): void => undefined;
    checking = new Promise((resolve) => (done = resolve));
    await before;
    try {
      if (current && current.operation.uid !== uid) await refuseUnlessLive(ref, uid);
      else if (current && generation <= current.operation.generation) {
        return { operation: idOf(current.operation), started: false };
      }
      return accept({ ...ref, uid, generation, attempt: 1 }, spec);
    } finally {
      done();
    }
  });

  setHandler(retryUpdate, ({ operation, tried }) => {
    const last = current ?? tried;
    if (!last)
      throw applicationFailure(
        operationFailure('NothingToRetry', { message: 'there is no operation to retry' }),
      );
    const newest = idOf(last.operation);
    if (newest !== operation) return { operation: newest, started: false };
    return accept({ ...last.operation, attempt: last.operation.attempt + 1 }, last.spec);
  });

  setHandler(operationEnded, ({ operation, state }) => {
    if (stopping === operation) stopping = undefined;
    if (current && idOf(current.operation) === operation) current = { ...current, state };
  });

  // An operation tells of its end before it closes; one that a person terminates cannot. What people read of that is
  // written beside the work, and holds up no manifest.
  const closed = (operation: OperationId, err: unknown): void => {
    if (stopping === idOf(operation)) stopping = undefined;
    if (current?.operation !== operation || current.state !== 'Running') return;
    if (!(err instanceof ChildWorkflowFailure && err.cause instanceof TerminatedFailure)) return;
    current = { ...current, state: 'Failed' };
    void reportTermination(operation, idOf(operation));
  };

  for (;;) {
    const due = (): boolean => stopping !== undefined || (current !== undefined && !current.started);
    await condition(() => due() || (workflowInfo().continueAsNewSuggested && allHandlersFinished()));
    if (!due()) break;
    if (stopping) {
      const gone = stopping;
      if (
        !(await askToLeave(gone, current)) ||
        !(await condition(() => stopping !== gone, ASK_AGAIN, {
          summary: `ask again whether ${gone} has left`,
        }))
      )
        continue;
    }
    if (current && !current.started) {
      const { operation } = current;
      const child = await startOperation(definition, installation, current);
      child?.result().catch((err: unknown) => closed(operation, err));
      // A newer manifest may have been accepted meanwhile: then this operation is the one that has to leave.
      if (current.operation === operation) current = { ...current, started: true };
      else stopping = idOf(operation);
      setCurrentDetails(`newest operation: \`${idOf(current.operation)}\``);
    }
  }
  await continueAsNew<EntityWorkflow>(ref, {
    ...(current && { current }),
    ...(stopping && { stopping }),
  });

  /** False when it is certain that the operation runs no more. */
  async function askToLeave(operation: string, next: Current | undefined): Promise<boolean> {
    const by = next
      ? `generation ${next.operation.generation}, attempt ${next.operation.attempt}`
      : 'a newer manifest';
    try {
      await getExternalWorkflowHandle(operation).signal(supersede, { by });
      return true;
    } catch {
      // Temporal refuses a signal to an execution that ended or never was: then there is nothing to wait for.
      if (stopping === operation) stopping = undefined;
      return false;
    }
  }
}

type EntityWorkflow = (ref: ResourceRef, memory: EntityMemory) => Promise<void>;

/** A manifest with another uid is taken only when the resource of that uid is the one that lives now. */
async function refuseUnlessLive(ref: ResourceRef, uid: string): Promise<void> {
  const live = await read(`check which ${ref.name} lives in Kubernetes`).readResource(ref);
  if (live?.uid === uid) return;
  const message = `the manifest is of a resource ${ref.namespace}/${ref.name} that was deleted`;
  throw applicationFailure(operationFailure('StaleManifest', { message }));
}

/** Undefined when it runs already: started by an entity before this one, which a person had ended. */
async function startOperation(
  { operation: type, title }: EntityDefinition,
  installation: Installation,
  { operation, spec }: Current,
): Promise<OperationHandle | undefined> {
  try {
    return await startChild<OperationWorkflow>(type, {
      workflowId: operationWorkflowId(installation, operation),
      args: [{ operation, spec }],
      // The entity continues as new while operations run; the next run hears of their end by signal alone.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `${title} ${operation.namespace}/${operation.name}, generation ${operation.generation}`,
    });
  } catch (err) {
    if (!(err instanceof WorkflowExecutionAlreadyStartedError)) throw err;
    return undefined;
  }
}

/** What people read decides nothing: a write that Kubernetes refuses is logged and left. */
async function reportTermination(operation: OperationId, id: string): Promise<void> {
  await write(`write that ${id} was terminated`)
    .writeTerminated({ operation, id })
    .catch((err: unknown) =>
      log.warn('Kubernetes refused what people should read', { cause: failureMessage(err) }),
    );
}
