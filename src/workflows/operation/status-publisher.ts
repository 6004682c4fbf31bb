import { condition, getExternalWorkflowHandle, log } from '@temporalio/workflow';
import { clusterWorkflowId, operationEnded, operationWorkflowId } from '../messages.ts';
import { write } from '../activity-options.ts';
import { failureMessage } from '../failure.ts';
import type { Operation } from '../curve/operation.ts';

/**
 * Keeps the resource's status and Events in step with the operation, beside it: while one write is under way further
 * changes gather, so a slow API server costs the operation nothing. Ends with the final state written. What people read
 * decides nothing, so a write that is refused (by an admission webhook, an older definition) is told and left.
 */
export async function publishStatus(run: Operation): Promise<void> {
  let written = -1;
  const changed = (): boolean => run.table.version !== written || run.state !== 'Running';
  for (;;) {
    await condition(changed);
    written = run.table.version;
    const { state, message, operation } = run;
    await unlessRefused(
      write(`write the status of ${operation.name}`).writePhases({
        operation,
        state,
        phases: run.table.phases,
        message,
      }),
    );
    if (state !== 'Running' && written === run.table.version) return;
  }
}

/** Tells people by an Event and the entity by a signal. */
export async function reportEnd(run: Operation): Promise<void> {
  const { operation, state, message } = run;
  await unlessRefused(
    write(`record that the operation ended: ${state}`).recordEvent({
      operation,
      type: state === 'Failed' ? 'Warning' : 'Normal',
      reason: `Operation${state}`,
      message,
    }),
  );
  try {
    await getExternalWorkflowHandle(clusterWorkflowId(operation)).signal(operationEnded, {
      operation: operationWorkflowId(operation),
      state,
    });
  } catch (err) {
    // The entity may have been ended by a person; the next apply starts it anew and joins by this operation's id.
    log.warn('the cluster workflow was not told of the end', { cause: failureMessage(err) });
  }
}

async function unlessRefused(writing: Promise<void>): Promise<void> {
  await writing.catch((err: unknown) =>
    log.warn('Kubernetes refused what people should read', { cause: failureMessage(err) }),
  );
}
