import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, rootCause } from '@temporalio/workflow';

/** A failure that only a person can mend: what was found, and what to do about it. */
export const forPerson = (type: string, found: string, next: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(`${found}. Next: ${next}`, type);

/** The sentence that a person should read about a failed step: the typed cause, without Temporal's wrapping. */
export function sentence(err: unknown): string {
  const cause = typed(err);
  if (cause) return cause.type ? `${cause.type}: ${cause.message}` : cause.message;
  return rootCause(err) ?? (err instanceof Error ? err.message : String(err));
}

/** The failure that was typed where the cause was understood. */
export function typed(err: unknown): ApplicationFailure | undefined {
  if (err instanceof ApplicationFailure) return err;
  if (err instanceof ActivityFailure || err instanceof ChildWorkflowFailure) return typed(err.cause);
  return undefined;
}
