import { expect, test } from 'vitest';
import { KubeError, REASON, fromAnswer, fromKill, fromNetwork } from '../../kube/errors.ts';
import { toFailure } from './kube-failure.ts';

const asked = {
  verb: 'patch',
  rbac: 'deployments.apps',
  subject: 'Deployment "curve/my-mds-a"',
  namespace: 'curve',
};

/** The answer as the API server gives it. */
const answer = (code: number, reason: string): KubeError =>
  fromAnswer(asked, code, JSON.stringify({ kind: 'Status', code, reason, message: 'because' }));

const rows = [
  { error: answer(403, 'Forbidden'), type: 'KubeForbidden', nonRetryable: true },
  { error: answer(422, 'Invalid'), type: 'KubeInvalid', nonRetryable: true },
  { error: answer(400, 'BadRequest'), type: 'KubeBadRequest', nonRetryable: true },
  { error: answer(404, 'NotFound'), type: 'KubeNotFound', nonRetryable: false },
  { error: answer(409, 'AlreadyExists'), type: 'KubeAlreadyExists', nonRetryable: false },
  { error: answer(409, 'Conflict'), type: 'KubeConflict', nonRetryable: false },
  { error: answer(429, 'TooManyRequests'), type: 'KubeTooManyRequests', nonRetryable: false },
  { error: answer(500, 'InternalError'), type: 'KubeInternalError', nonRetryable: false },
  { error: fromNetwork(asked, new Error('ECONNREFUSED'), 'h'), type: 'KubeUnreachable', nonRetryable: false },
  {
    error: fromNetwork(asked, new DOMException('', 'TimeoutError'), 'h'),
    type: 'KubeNoAnswer',
    nonRetryable: false,
  },
  { error: fromKill(asked), type: 'KubeKilled', nonRetryable: false },
  { error: fromAnswer(asked, 502, '<html>bad gateway</html>'), type: 'KubeOther', nonRetryable: false },
  { error: answer(405, 'MethodNotAllowed'), type: 'KubeOther', nonRetryable: true },
];
test.each(rows)('$error.status $error.reason is $type', ({ error, type, nonRetryable }) => {
  expect(toFailure(error)).toMatchObject({
    type,
    nonRetryable,
    message: error.message,
    details: [{ next: expect.stringMatching(/./) as string, subject: asked.subject }],
  });
});

test('the next step of the error itself counts more than that of its type', () => {
  expect(toFailure(answer(403, 'Forbidden'))).toMatchObject({
    type: 'KubeForbidden',
    message: 'cannot patch Deployment "curve/my-mds-a": 403 Forbidden: because',
    details: [
      { next: expect.stringContaining('verb "patch" on "deployments.apps" in namespace "curve"') as string },
    ],
  });
});

test('a webhook that refuses with a reason of its own is judged by its status', () => {
  expect(toFailure(answer(422, 'Conflict'))).toMatchObject({ type: 'KubeConflict', nonRetryable: true });
});

test('a pause that the API server asks for is kept', () => {
  expect(toFailure(fromAnswer(asked, 429, '{}', '7'))).toMatchObject({
    type: 'KubeTooManyRequests',
    nextRetryDelay: 7_000,
  });
});

test('an endless message of a webhook is cut', () => {
  const error = new KubeError({
    reason: REASON.conflict,
    status: 409,
    subject: 's',
    message: 'x'.repeat(9_000),
  });
  expect((toFailure(error) as Error).message).toHaveLength(1_000);
});

test('what is no answer of the API server stays as it is', () => {
  const error = new Error('a defect');
  expect(toFailure(error)).toBe(error);
});
