/**
 * Every problem that the API can answer with: the stable code, the HTTP status, the title, and what it means to the
 * person who gets it. A code is never reused for something else. docs/errors/api.md is made from this table.
 */
export const PROBLEMS = {
  Unauthorized: {
    status: 401,
    title: 'No valid token',
    meaning: 'The request carries no bearer token, or another one than the API was started with.',
  },
  RouteNotFound: {
    status: 404,
    title: 'No such address',
    meaning: 'The API has nothing under this method and path. All addresses are listed at /docs.',
  },
  RequestInvalid: {
    status: 400,
    title: 'The request is not understood',
    meaning: 'A parameter of the path or of the query has a wrong form.',
  },
  NotAcceptable: {
    status: 406,
    title: 'Only an event stream is served here',
    meaning: 'The address answers with server-sent events; the request refuses them in its Accept header.',
  },
  MediaTypeUnsupported: {
    status: 415,
    title: 'The body has an unknown type',
    meaning: 'A manifest is sent as application/yaml or application/json.',
  },
  BodyTooLarge: {
    status: 413,
    title: 'The body is too large',
    meaning:
      'A request may have at most eight mebibytes, more than what Kubernetes itself can store in one resource.',
  },
  ManifestUnreadable: {
    status: 400,
    title: 'The manifest could not be read',
    meaning: 'The body holds no documents of YAML or JSON that could be read.',
  },
  ManifestInvalid: {
    status: 422,
    title: 'The manifest breaks rules',
    meaning:
      'One or more fields are wrong. All violations are listed, each with path, value and what would be right.',
  },
  ManifestImmutable: {
    status: 422,
    title: 'The manifest changes what can no longer change',
    meaning: 'A field differs from daemons that run already. Nothing was stored and nothing was started.',
  },
  ManifestRejected: {
    status: 422,
    title: 'Kubernetes rejected the manifest',
    meaning: 'The API server, or an admission policy of this Kubernetes, refused the resource.',
  },
  NamespaceMissing: {
    status: 422,
    title: 'The namespace does not exist',
    meaning: 'Keelson creates no namespaces. Create it and send the manifest again.',
  },
  FieldConflict: {
    status: 409,
    title: 'Another manager owns fields of this resource',
    meaning: 'Somebody else, e.g. kubectl, has set the fields to other values. ?force=true takes them over.',
  },
  ClusterNotFound: {
    status: 404,
    title: 'No such cluster',
    meaning: 'There is no resource of this kind and name in this namespace.',
  },
  NodeNotFound: {
    status: 404,
    title: 'No such node',
    meaning: 'Kubernetes has no node of this name.',
  },
  OperationNotFound: {
    status: 404,
    title: 'Nothing was started for this cluster yet',
    meaning: 'The resource exists, but no operation has worked on it: there is nothing to try again.',
  },
  OperationRefused: {
    status: 409,
    title: 'The cluster refused the request',
    meaning: 'The workflow of the cluster answered, and said no. The detail says why.',
  },
  NodeNotAnswering: {
    status: 504,
    title: 'The node does not answer',
    meaning:
      'The node worker picked up nothing in time: the node is off, cut from the network, or its pod does not run.',
  },
  NodesNotRead: {
    status: 502,
    title: 'Reading the nodes failed',
    meaning: 'A plan or a list of devices ended with an error. Nothing was changed.',
  },
  KubernetesUnavailable: {
    status: 503,
    title: 'Kubernetes does not answer',
    meaning:
      'The API server could not be reached or answered with an error. Nothing was stored and nothing was started.',
  },
  KubernetesForbidden: {
    status: 500,
    title: 'Keelson may not do this in Kubernetes',
    meaning:
      "The API server refused Keelson's own service account: the roles of the chart are missing or too old.",
  },
  ResourceKindMissing: {
    status: 503,
    title: 'Kubernetes does not know the kind',
    meaning: 'The custom resource definition of the chart is not installed.',
  },
  TemporalUnavailable: {
    status: 503,
    title: 'Temporal does not answer',
    meaning:
      'The Temporal server could not be reached. A manifest that was stored is delivered later by the watch.',
  },
  WorkerNotAnswering: {
    status: 503,
    title: 'The control worker does not answer',
    meaning:
      'Temporal took the request, but no control worker has handled it in time. It is handled when one runs again.',
  },
  Internal: {
    status: 500,
    title: 'Keelson made a mistake',
    meaning:
      'An error that should not happen. The log of the API holds it under the request id of the answer.',
  },
} as const satisfies Record<string, { status: number; title: string; meaning: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One broken rule: where it is, what stands there, why it is wrong and what would be right. */
export interface ProblemViolation {
  readonly path: string;
  readonly value?: unknown;
  readonly message: string;
  readonly next: string;
}

/** A field that another field manager owns with another value. */
export interface FieldConflict {
  readonly field: string;
  readonly manager: string;
}

export interface ProblemFacts {
  /** What it is about: `CurveCluster curve/my-cluster`, `node node-2`. */
  readonly subject: string;
  /** What happened and why, one sentence. */
  readonly detail: string;
  /** What the person does next: a command, a field to change. */
  readonly next: string;
  readonly violations?: readonly ProblemViolation[];
  readonly conflicts?: readonly FieldConflict[];
  /** Seconds after which it makes sense to ask again. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

/** What the API refuses or cannot do; the one error class that its border turns into an answer. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly facts: ProblemFacts;

  constructor(code: ProblemCode, facts: ProblemFacts) {
    super(facts.detail, { cause: facts.cause });
    this.name = 'Problem';
    this.code = code;
    this.facts = facts;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

/** The document of RFC 9457, with Keelson's own members. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance?: string;
  readonly code: ProblemCode;
  readonly subject: string;
  readonly next: string;
  readonly violations?: readonly ProblemViolation[];
  readonly conflicts?: readonly FieldConflict[];
}

export function problemDocument(problem: Problem, instance?: string): ProblemDocument {
  const { status, title } = PROBLEMS[problem.code];
  const { subject, detail, next, violations, conflicts } = problem.facts;
  return {
    type: `urn:keelson:problem:${problem.code}`,
    title,
    status,
    detail,
    ...(instance === undefined ? {} : { instance }),
    code: problem.code,
    subject,
    next,
    ...(violations === undefined ? {} : { violations }),
    ...(conflicts === undefined ? {} : { conflicts }),
  };
}

/** docs/errors/api.md, whole. */
export function problemsPage(): string {
  const rows = Object.entries(PROBLEMS)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([code, { status, title, meaning }]) => `| \`${code}\` | ${status} | ${title} | ${meaning} |`);
  return [
    '# Problems of the HTTP API',
    '',
    'Every refusal is a document of the type `application/problem+json` (RFC 9457) with `code`, `subject` and `next`;',
    'a manifest with wrong fields also has `violations`, a conflict of field managers `conflicts`. Codes are stable.',
    'Made from `src/requests/problems.ts`: change it there.',
    '',
    '| code | status | title | meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
