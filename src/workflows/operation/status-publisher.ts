import { condition, getExternalWorkflowHandle, log, workflowInfo } from '@temporalio/workflow';
import type { FailureText } from '../../systems/failure.ts';
import type { OperationId, OperationState } from '../../systems/operation.ts';
import { entityWorkflowId, healthCheckWorkflowId, installationOf, operationWorkflowId } from '../ids.ts';
import { healthRecheck, operationEnded } from '../messages.ts';
import { write } from '../activity-options.ts';
import { failureMessage } from '../failure.ts';
import type { PhaseTable } from './phase-table.ts';

/** What of an operation people read. */
interface OperationProgress {
  readonly id: OperationId;
  readonly table: PhaseTable;
  readonly state: OperationState;
  readonly endText: FailureText;
}

/**
 * Keeps the resource's status and Events in step with the operation, beside it: while one write is under way further
 * changes gather, so a slow API server costs the operation nothing. Ends with the final state written. What people read
 * decides nothing, so a write that is refused (by an admission webhook, an older definition) is told and left.
 */
export async function publishStatus(operation: OperationProgress): Promise<void> {
  let written = -1;
  const changed = (): boolean => operation.table.version !== written || operation.state !== 'Running';
  for (;;) {
    await condition(changed);
    written = operation.table.version;
    const { state, endText, id } = operation;
    await unlessRefused(
      write(`write the status of ${id.name}`).writePhases({
        operation: id,
        state,
        phases: operation.table.phases,
        ...endText,
      }),
    );
    if (state !== 'Running' && written === operation.table.version) return;
  }
}

/** Tells people by an Event, and the entity and the health check by signals. */
export async function reportEnd(operation: OperationProgress): Promise<void> {
  const { id, state, endText } = operation;
  const installation = installationOf(workflowInfo().workflowId);
  await unlessRefused(
    write(`record that the operation ended: ${state}`).recordEvent({
      operation: id,
      type: state === 'Failed' ? 'Warning' : 'Normal',
      reason: `Operation${state}`,
      ...endText,
    }),
  );
  try {
    await getExternalWorkflowHandle(entityWorkflowId(installation, id)).signal(operationEnded, {
      operation: operationWorkflowId(installation, id),
      state,
    });
  } catch (err) {
    // The entity may have been ended by a person; the next apply starts it again and joins by this operation's id.
    log.warn('the entity was not told of the end', { cause: failureMessage(err) });
  }
  await askForHealth(healthCheckWorkflowId(installation, id));
}

/** The end of an operation is when Ready is waited for most. */
async function askForHealth(healthCheck: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(healthCheck).signal(healthRecheck);
  } catch {
    // None runs: the controller starts it when it hands the manifest over, and it looks at everything first.
  }
}

async function unlessRefused(writing: Promise<void>): Promise<void> {
  await writing.catch((err: unknown) =>
    log.warn('Kubernetes refused what people should read', { cause: failureMessage(err) }),
  );
}
