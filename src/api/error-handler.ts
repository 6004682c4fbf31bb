import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { Problem, type ProblemCode, problemDocument } from '../requests/problems.ts';
import { asProblem } from './cluster-state.ts';

/** The one place where errors become answers. */
export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((err, request, reply) => {
    const problem = asProblem(err) ?? fromFastify(err as FastifyError, request) ?? internal(err, request);
    if (problem.status >= 500) request.log.error({ err, code: problem.code }, 'request failed');
    return send(problem, request, reply);
  });
  app.setNotFoundHandler((request, reply) => {
    const address = `${request.method} ${pathOf(request)}`;
    const problem = new Problem('RouteNotFound', {
      subject: address,
      detail: `there is nothing at ${address}`,
      next: 'see /docs for all addresses',
    });
    return send(problem, request, reply);
  });
}

function send(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { retryAfter } = problem.facts;
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter));
  if (problem.code === 'Unauthorized') void reply.header('www-authenticate', 'Bearer');
  return reply
    .code(problem.status)
    .serializer(JSON.stringify)
    .type('application/problem+json')
    .send(problemDocument(problem, pathOf(request)));
}

const pathOf = (request: FastifyRequest): string => request.url.split('?')[0] ?? request.url;

/** Fastify's own refusals, by code. */
const OF_FASTIFY: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BodyTooLarge',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MediaTypeUnsupported',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'ManifestUnreadable',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'RequestInvalid',
};

const NEXT: Partial<Record<ProblemCode, string>> = {
  BodyTooLarge: 'send a smaller manifest',
  MediaTypeUnsupported: 'send the manifest with "Content-Type: application/yaml" or application/json',
  ManifestUnreadable: 'send the manifest as the body of the request',
};

function fromFastify(err: FastifyError, request: FastifyRequest): Problem | undefined {
  if (hasZodFastifySchemaValidationErrors(err)) return parameters(err, request);
  const code = OF_FASTIFY[err.code] ?? (err.statusCode === 400 ? 'RequestInvalid' : undefined);
  if (code === undefined) return undefined;
  return new Problem(code, {
    subject: `${request.method} ${pathOf(request)}`,
    detail: err.message,
    next: NEXT[code] ?? 'see /docs for what this address takes',
    cause: err,
  });
}

function parameters(
  err: FastifyError & { validation: readonly { instancePath: string; message?: string | undefined }[] },
  request: FastifyRequest,
): Problem {
  const violations = err.validation.map(({ instancePath, message }) => ({
    path: instancePath.replace(/^\//, '').replaceAll('/', '.'),
    message: message ?? 'is not valid',
    next: 'see /docs for what this address takes',
  }));
  return new Problem('RequestInvalid', {
    subject: `${request.method} ${pathOf(request)}`,
    detail: violations.map((v) => `${v.path}: ${v.message}`).join('; '),
    next: 'see /docs for what this address takes',
    violations,
    cause: err,
  });
}

const internal = (err: unknown, request: FastifyRequest): Problem =>
  new Problem('Internal', {
    subject: `request ${request.id}`,
    detail: 'an error that should not happen',
    next: `look for reqId ${request.id} in the log of the API, and report it`,
    cause: err,
  });
