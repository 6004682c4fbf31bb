import { isCancellation, TimeoutFailure, ActivityFailure } from '@temporalio/workflow';
import { readOnce } from '../activity-options.ts';
import type { DevicesAnswer, DevicesInput } from '../messages.ts';

/** Undefined when the node did not answer in time; its own errors are passed on. */
export async function orUnanswered<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (err) {
    if (isCancellation(err) || !(err instanceof ActivityFailure && err.cause instanceof TimeoutFailure))
      throw err;
    return undefined;
  }
}

/** The disks of one node, with the reasons why one cannot be used. */
export async function nodeDevices({ node }: DevicesInput): Promise<DevicesAnswer> {
  const disks = await orUnanswered(readOnce(node, `list the disks of ${node}`).listDevices());
  return { node, answered: disks !== undefined, disks: disks ?? [] };
}
