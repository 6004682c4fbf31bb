import { KubeError } from '../../kube/errors.ts';
import { KUBE_FAILURES, type KubeFailureType, kubeFailure } from '../../systems/failures.ts';
import { applicationFailure } from '../failure.ts';

/** Admission webhooks may answer with anything; what carries a message has a limit. */
const MOST_LETTERS = 1_000;

/**
 * The one place where an error of the API server becomes a Temporal failure: type `Kube<Reason>`, not retryable when
 * only a person can help, paced by what the API server asked for. Everything else is returned as it is.
 */
export function toFailure(error: unknown): unknown {
  if (!(error instanceof KubeError)) return error;
  const { reason, message, next, subject, status, causes, permanent, retryAfterMs } = error;
  const failure = kubeFailure(typeOf(reason), {
    message: message.slice(0, MOST_LETTERS),
    next,
    subject,
    facts: { reason, status, causes },
  });
  return applicationFailure(
    // The status decides: a webhook may give any of these reasons with a status of its own.
    { ...failure, retryable: !permanent },
    retryAfterMs === undefined ? {} : { nextRetryDelay: retryAfterMs },
  );
}

function typeOf(reason: string): KubeFailureType {
  const type = `Kube${reason}`;
  return type in KUBE_FAILURES ? (type as KubeFailureType) : 'KubeOther';
}
