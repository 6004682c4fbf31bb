import { ActivityFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';

/** Undefined when the node did not answer in time; its own errors are passed on. */
export async function orUnanswered<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (err) {
    if (isCancellation(err) || !isSilence(err)) throw err;
    return undefined;
  }
}

/** The node, or its worker, was not there to answer. */
export const isSilence = (err: unknown): boolean =>
  err instanceof ActivityFailure && err.cause instanceof TimeoutFailure;
