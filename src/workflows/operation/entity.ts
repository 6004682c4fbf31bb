import {
  allHandlersFinished,
  ApplicationFailure,
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
import type { OperationState } from '../../activities/control/contract.ts';
import type { OperationId } from '../../systems/curve/layout.ts';
import type { CurveClusterSpec } from '../../systems/curve/spec.ts';
import { failureMessage } from '../failure.ts';
import {
  type ApplyAnswer,
  applyUpdate,
  type ClusterRef,
  clusterQuery,
  operationEnded,
  operationWorkflowId,
  retryUpdate,
  supersede,
} from '../messages.ts';
import { write, read } from '../activity-options.ts';
import type { curveOperation } from '../curve/operation.ts';

/** The newest document of a cluster and the operation that works on it. */
interface Current {
  readonly operation: OperationId;
  readonly spec: CurveClusterSpec;
  readonly state: OperationState;
  /** False until its execution was started. */
  readonly started: boolean;
}

/** An operation that was told to stop and has not said yet that it has. */
type Leaving = string;

export interface ClusterMemory {
  readonly current?: Current;
  readonly stopping?: Leaving;
}

type OperationHandle = ChildWorkflowHandle<typeof curveOperation>;

/** How often a stopped operation that stays silent is asked again: it may have been ended by a person meanwhile. */
const ASK_AGAIN = '1m';

/**
 * One CurveBS cluster for as long as it is known: takes documents and retries, runs one operation at a time, and lets
 * the newest generation win.
 */
export async function curveCluster(ref: ClusterRef, memory: ClusterMemory = {}): Promise<void> {
  let { current, stopping } = memory;
  let checking = Promise.resolve();

  const accept = (operation: OperationId, spec: CurveClusterSpec): ApplyAnswer => {
    if (current?.started && current.state === 'Running') stopping = operationWorkflowId(current.operation);
    current = { operation, spec, state: 'Running', started: false };
    return { operation: operationWorkflowId(operation), started: true };
  };

  setHandler(clusterQuery, () => {
    if (!current) return undefined;
    const { operation, state, started } = current;
    return { operation, state, started, ...(stopping && { stopping }) };
  });

  setHandler(applyUpdate, async ({ uid, generation, spec }) => {
    // Documents are taken one after the other: the look at the live resource must not let a later one overtake.
    const before = checking;
    let done = (): void => undefined;
    checking = new Promise((resolve) => (done = resolve));
    await before;
    try {
      if (current && current.operation.uid !== uid) await refuseUnlessLive(ref, uid);
      else if (current && generation <= current.operation.generation) {
        return { operation: operationWorkflowId(current.operation), started: false };
      }
      return accept({ ...ref, uid, generation, attempt: 1 }, spec);
    } finally {
      done();
    }
  });

  setHandler(retryUpdate, ({ operation, tried }) => {
    const last = current ?? tried;
    if (!last) throw ApplicationFailure.nonRetryable('there is no operation to retry', 'NothingToRetry');
    const newest = operationWorkflowId(last.operation);
    if (newest !== operation) return { operation: newest, started: false };
    return accept({ ...last.operation, attempt: last.operation.attempt + 1 }, last.spec);
  });

  setHandler(operationEnded, ({ operation, state }) => {
    if (stopping === operation) stopping = undefined;
    if (current && operationWorkflowId(current.operation) === operation) current = { ...current, state };
  });

  // An operation tells of its end before it closes; one that a person terminates cannot. What people read of that is
  // written beside the work, and holds up no document.
  const closed = (operation: OperationId, err: unknown): void => {
    if (stopping === operationWorkflowId(operation)) stopping = undefined;
    if (current?.operation !== operation || current.state !== 'Running') return;
    if (!(err instanceof ChildWorkflowFailure && err.cause instanceof TerminatedFailure)) return;
    current = { ...current, state: 'Failed' };
    void reportTermination(operation);
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
      const child = await startOperation(current);
      child?.result().catch((err: unknown) => closed(operation, err));
      // A newer document may have been accepted meanwhile: then this operation is the one that has to leave.
      if (current.operation === operation) current = { ...current, started: true };
      else stopping = operationWorkflowId(operation);
      setCurrentDetails(`newest operation: \`${operationWorkflowId(current.operation)}\``);
    }
  }
  await continueAsNew<typeof curveCluster>(ref, {
    ...(current && { current }),
    ...(stopping && { stopping }),
  });

  /** False when it is certain that the operation runs no more. */
  async function askToLeave(operation: string, next: Current | undefined): Promise<boolean> {
    const by = next
      ? `generation ${next.operation.generation}, attempt ${next.operation.attempt}`
      : 'a newer document';
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

/** A document with another uid is taken only when the resource of that uid is the one that lives now. */
async function refuseUnlessLive(ref: ClusterRef, uid: string): Promise<void> {
  const live = await read(`check which ${ref.name} lives in Kubernetes`).readResource(ref);
  if (live?.uid === uid) return;
  throw ApplicationFailure.nonRetryable(
    `the document is of a CurveCluster ${ref.namespace}/${ref.name} that was deleted`,
    'StaleDocument',
  );
}

/** Undefined when it runs already: started by an entity before this one, which a person had ended. */
async function startOperation({ operation, spec }: Current): Promise<OperationHandle | undefined> {
  try {
    return await startChild<typeof curveOperation>('curveOperation', {
      workflowId: operationWorkflowId(operation),
      args: [{ operation, spec }],
      // The entity continues as new while operations run; the next run hears of their end by signal alone.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `Curve cluster ${operation.namespace}/${operation.name}, generation ${operation.generation}`,
    });
  } catch (err) {
    if (!(err instanceof WorkflowExecutionAlreadyStartedError)) throw err;
    return undefined;
  }
}

/** What people read decides nothing: a write that Kubernetes refuses is told and left. */
async function reportTermination(operation: OperationId): Promise<void> {
  const id = operationWorkflowId(operation);
  await write(`write that ${id} was terminated`)
    .writeTerminated({ operation, id })
    .catch((err: unknown) =>
      log.warn('Kubernetes refused what people should read', { cause: failureMessage(err) }),
    );
}
