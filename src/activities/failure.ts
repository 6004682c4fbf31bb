import { ApplicationFailure } from '@temporalio/activity';
import { type Failure, type FailureText, asApplicationFailure, detailsIn } from '../systems/failure.ts';

export interface FailureOptions {
  readonly cause?: Error;
  /** Instead of the pause of the retry policy. */
  readonly nextRetryDelay?: number;
}

/** How an activity fails: by an entry of a catalogue. */
export const applicationFailure = (failure: Failure, options: FailureOptions = {}): ApplicationFailure =>
  ApplicationFailure.create({ ...asApplicationFailure(failure), ...options });

/** The failure that an error carries; undefined when it is to be tried again, or is none of a catalogue. */
export function permanentFailureIn(error: unknown): Failure | undefined {
  if (!(error instanceof ApplicationFailure) || error.nonRetryable !== true) return undefined;
  const { type, message, details } = error;
  const known = detailsIn(details);
  return known && type != null ? { ...known, type, message, retryable: false } : undefined;
}

/** What a person should read of a failure that is shown here instead of being thrown. */
export function failureTextOf({ message, details }: ApplicationFailure): FailureText {
  const next = detailsIn(details)?.next;
  return { message, ...(next === undefined ? {} : { next }) };
}
