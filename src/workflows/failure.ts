import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, rootCause } from '@temporalio/workflow';
import { type Failure, type FailureText, asApplicationFailure, detailsIn } from '../systems/failure.ts';

/** How a workflow fails: by an entry of a catalogue. */
export const applicationFailure = (failure: Failure): ApplicationFailure =>
  ApplicationFailure.create(asApplicationFailure(failure));

/** What a person should read about a failed step: the typed cause, without Temporal's wrapping. */
export function failureTextOf(err: unknown): FailureText {
  const next = detailsIn(applicationFailureOf(err)?.details)?.next;
  return { message: failureMessage(err), ...(next === undefined ? {} : { next }) };
}

/** Its message alone. */
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
