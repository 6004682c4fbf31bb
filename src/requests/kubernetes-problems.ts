import { type KubeError, REASON } from '../kube/errors.ts';
import { Problem, type ProblemViolation } from './problems.ts';

/** What the API server's refusals mean to the person who sent the request. */
export function kubernetesProblem(err: KubeError): Problem {
  if (err.reason === REASON.forbidden) return forbidden(err);
  if (err.status === 400 || err.status === 422) return rejected(err);
  return new Problem('KubernetesUnavailable', {
    subject: err.subject,
    detail: err.message,
    next: 'see that the API server of this Kubernetes runs, then send the request again; nothing was started',
    retryAfter: Math.ceil((err.retryAfterMs ?? 5_000) / 1_000),
    cause: err,
  });
}

const forbidden = (err: KubeError): Problem =>
  new Problem('KubernetesForbidden', {
    subject: err.subject,
    detail: err.message,
    next: err.next ?? 'install the roles of the chart: helm upgrade keelson …',
    cause: err,
  });

function rejected(err: KubeError): Problem {
  const violations = err.causes.map((cause): ProblemViolation => ({
    path: cause.field,
    message: cause.message,
    next: 'change the field as the message says',
  }));
  return new Problem('ManifestRejected', {
    subject: err.subject,
    detail: err.message,
    next: 'change what the message names and send the manifest again',
    ...(violations.length === 0 ? {} : { violations }),
    cause: err,
  });
}

/** Fields that others own. The API server tells the manager in a sentence: `conflict with "kubectl" using …`. */
export function fieldConflict(err: KubeError): Problem {
  const conflicts = err.causes.map(({ field, message }) => ({
    field: field.replace(/^\./, ''),
    manager: /conflict with "([^"]+)"/.exec(message)?.[1] ?? message,
  }));
  const managers = [...new Set(conflicts.map((c) => c.manager))].sort().join(', ');
  return new Problem('FieldConflict', {
    subject: err.subject,
    detail: `${managers || 'another manager'} has set ${conflicts.map((c) => c.field).join(', ') || 'fields'} to other values`,
    next: 'send it with ?force=true (keelson apply --force) to take the fields over, or change them where they were set',
    conflicts,
    cause: err,
  });
}
