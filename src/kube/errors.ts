/** What went wrong between us and the API server, classified once, here. Nobody above reads status codes or texts. */

/** Kubernetes' own reasons, and four of ours. `reason` of a {@link KubeError} is one of these or another of Kubernetes'. */
export const REASON = {
  notFound: 'NotFound',
  alreadyExists: 'AlreadyExists',
  conflict: 'Conflict',
  forbidden: 'Forbidden',
  gone: 'Gone',
  expired: 'Expired',
  /** No answer: refused, reset, no route, TLS. */
  unreachable: 'Unreachable',
  /** No answer in time. */
  timeout: 'NoAnswer',
  /** A command in a container was killed before it could end. */
  killed: 'Killed',
  /** The object exists and belongs to somebody else. */
  nameTaken: 'NameTaken',
} as const;

/** One field that the API server complains about, or that another field manager holds. */
export interface FieldCause {
  readonly field: string;
  readonly message: string;
}

export interface KubeErrorFields {
  readonly reason: string;
  /** HTTP status; 0 when there is none. */
  readonly status: number;
  /** The object or collection, e.g. `Deployment "curve/my-etcd-a"`. */
  readonly subject: string;
  readonly message: string;
  /** What a person does next, where this error knows it better than its reason does. */
  readonly next?: string;
  readonly causes?: readonly FieldCause[];
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly reason: string;
  readonly status: number;
  readonly subject: string;
  readonly next: string | undefined;
  readonly causes: readonly FieldCause[];
  readonly retryAfterMs: number | undefined;

  constructor(fields: KubeErrorFields) {
    super(fields.message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.reason = fields.reason;
    this.status = fields.status;
    this.subject = fields.subject;
    this.next = fields.next;
    this.causes = fields.causes ?? [];
    this.retryAfterMs = fields.retryAfterMs;
  }

  /** True when the same request can never succeed unless a person changes something. */
  get permanent(): boolean {
    return this.reason === REASON.nameTaken || [400, 403, 405, 422].includes(this.status);
  }
}

export const isNotFound = (error: unknown): boolean =>
  error instanceof KubeError && error.reason === REASON.notFound;
export const isAlreadyExists = (error: unknown): boolean =>
  error instanceof KubeError && error.reason === REASON.alreadyExists;
export const isConflict = (error: unknown): boolean =>
  error instanceof KubeError && error.reason === REASON.conflict;
/** The point in time to go on from is no longer stored: list again. */
export const isGone = (error: unknown): boolean =>
  error instanceof KubeError &&
  (error.status === 410 || error.reason === REASON.gone || error.reason === REASON.expired);

/** The body of an error answer, as far as it is used. */
export interface Status {
  readonly reason?: string;
  readonly message?: string;
  readonly code?: number;
  readonly details?: {
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly {
      readonly reason?: string;
      readonly field?: string;
      readonly message?: string;
    }[];
  };
}

/** What was asked, for the message. */
export interface Asked {
  /** The verb that RBAC knows: get, list, watch, create, patch, delete. */
  readonly verb: string;
  /** The resource that RBAC knows: `deployments.apps`, `pods/exec`. */
  readonly rbac: string;
  readonly subject: string;
  readonly namespace?: string;
}

/** An answer with an error status. `body` may be anything: proxies in between answer HTML. */
export function fromAnswer(asked: Asked, status: number, body: string, retryAfter?: string): KubeError {
  const told = parseStatus(body);
  const reason = told.reason ?? REASON_OF_STATUS[status] ?? String(status);
  const seconds = Number(retryAfter ?? told.details?.retryAfterSeconds ?? 0);
  return new KubeError({
    reason,
    status,
    subject: asked.subject,
    message: `cannot ${asked.verb} ${asked.subject}: ${status} ${reason}: ${told.message ?? body.slice(0, 200)}`,
    ...(status === 403 ? { next: permissionFor(asked) } : {}),
    causes: (told.details?.causes ?? []).map((c) => ({
      field: c.field ?? '',
      message: c.message ?? c.reason ?? '',
    })),
    ...(seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {}),
  });
}

/** No answer at all. */
export function fromNetwork(asked: Asked, cause: unknown, server: string): KubeError {
  const timedOut = cause instanceof Error && cause.name === 'TimeoutError';
  return new KubeError({
    reason: timedOut ? REASON.timeout : REASON.unreachable,
    status: 0,
    subject: asked.subject,
    message: `cannot ${asked.verb} ${asked.subject}: the API server ${server} ${timedOut ? 'did not answer in time' : `cannot be reached (${networkWords(cause)})`}`,
    cause,
  });
}

/** A command that began and was killed: how it would have ended is not known. */
export function fromKill(asked: Asked): KubeError {
  return new KubeError({
    reason: REASON.killed,
    status: 0,
    subject: asked.subject,
    message: `the command in ${asked.subject} was killed, perhaps with its container`,
  });
}

/** Node's fetch says only "fetch failed" and hides the reason in causes; the last one is the one to tell. */
function networkWords(cause: unknown): string {
  let [words, at] = ['no reason given', cause];
  while (at instanceof Error) {
    words = 'code' in at && typeof at.code === 'string' ? at.code : at.message;
    at = at.cause;
  }
  return words;
}

function permissionFor(asked: Asked): string {
  const where = asked.namespace === undefined ? 'in the whole cluster' : `in namespace "${asked.namespace}"`;
  return `allow the verb "${asked.verb}" on "${asked.rbac}" ${where} for Keelson's service account (the chart's ClusterRole does), then retry`;
}

const REASON_OF_STATUS: Readonly<Record<number, string>> = {
  404: REASON.notFound,
  403: REASON.forbidden,
  409: REASON.conflict,
  410: REASON.gone,
  429: 'TooManyRequests',
};

export function parseStatus(body: string): Status {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {}; // not JSON: the caller shows the text itself
  }
}
