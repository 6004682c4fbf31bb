import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, rootCause } from '@temporalio/workflow';

/** A failure that only a person can mend: what was found, and what to do about it. */
export const userActionFailure = (type: string, found: string, next: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(`${found}. Next: ${next}`, type);

/** The sentence that a person should read about a failed step: the typed cause, without Temporal's wrapping. */
export function failureMessage(err: unknown): string {
  const cause = applicationFailureOf(err);
  if (cause) return cause.type ? `${cause.type}: ${cause.message}` : cause.message;
  return rootCause(err) ?? (err instanceof Error ? err.message : String(err));
}

/** The failure that was typed where the cause was understood. */
export function applicationFailureOf(err: unknown): ApplicationFailure | undefined {
  if (err instanceof ApplicationFailure) return err;
  if (err instanceof ActivityFailure || err instanceof ChildWorkflowFailure)
    return applicationFailureOf(err.cause);
  return undefined;
}
