import { ApplicationFailure } from '@temporalio/common';
import { KubeError } from './errors.ts';

/**
 * The one place where an error of this folder becomes a Temporal failure: type `Kube<Reason>`, not retryable when only
 * a person can help, paced by what the API server asked for. Everything else is returned as it is.
 */
export function toFailure(error: unknown): unknown {
  if (!(error instanceof KubeError)) return error;
  return ApplicationFailure.create({
    type: `Kube${error.reason}`,
    message: error.message.slice(0, 1_000),
    nonRetryable: error.permanent,
    details: [{ subject: error.subject, status: error.status, causes: error.causes }],
    ...(error.retryAfterMs === undefined ? {} : { nextRetryDelay: error.retryAfterMs }),
  });
}
