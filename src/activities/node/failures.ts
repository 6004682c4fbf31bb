import { ApplicationFailure, cancellationSignal } from '@temporalio/activity';
import { NodeError } from '../../node/node-error.ts';

/** Runs an activity's work and turns what it throws into a failure that says what to do: the one border to Temporal. */
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
export function failureOf(errors: readonly NodeError[]): ApplicationFailure {
  const leading = errors.find((e) => e.retryable) ?? errors[0];
  return ApplicationFailure.create({
    type: leading?.code ?? 'NodeError',
    message: errors.map((e) => e.message).join('\n'),
    nonRetryable: !errors.some((e) => e.retryable),
    details: [errors.map(({ code, details }) => ({ code, ...details }))],
    ...(leading === undefined ? {} : { cause: leading }),
  });
}
