import { type ApplicationFailure, cancellationSignal } from '@temporalio/activity';
import { NodeError } from '../../node/node-error.ts';
import { joinFailureTexts } from '../../systems/failure-text.ts';
import type { Failure, FailurePart } from '../../systems/failure.ts';
import { applicationFailure } from '../failure.ts';

/** Runs an activity's work and turns what it throws into a failure that says what to do: the one place that does. */
export async function asActivity<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    // A tool that was ended by the cancellation throws an error of its own; this is the true one.
    cancellationSignal().throwIfAborted();
    throw error instanceof NodeError ? failureOf([error]) : error;
  }
}

/**
 * One failure for all disks of a node. It is retried as long as one of them may still succeed by itself; the others are
 * then refused again, unchanged.
 */
export function failureOf(errors: readonly [NodeError, ...NodeError[]]): ApplicationFailure {
  const leading = errors.find((error) => error.retryable) ?? errors[0];
  if (errors.length === 1) return applicationFailure(leading.failure, { cause: leading });
  const parts = errors.map(({ failure }) => partOf(failure));
  const facts = errors.map(({ failure }) => ({ type: failure.type, facts: failure.facts }));
  const { type, retryable, next } = leading.failure;
  return applicationFailure(
    { type, retryable, next, ...joinFailureTexts(parts), parts, facts },
    { cause: leading },
  );
}

const partOf = ({ type, message, next, subject }: Failure): FailurePart => ({
  subject: subject ?? type,
  message,
  next,
});
