import { expect, test } from 'vitest';
import { PROBLEMS, Problem, problemDocument, problemsPage } from './problems.ts';

test('a problem becomes a document with code, subject and next step', () => {
  const problem = new Problem('NamespaceMissing', {
    subject: 'namespace curve',
    detail: 'namespace "curve" does not exist',
    next: 'kubectl create namespace curve',
  });
  expect(problemDocument(problem, '/v1/clusters')).toEqual({
    type: 'urn:keelson:problem:NamespaceMissing',
    title: 'The namespace does not exist',
    status: 422,
    detail: 'namespace "curve" does not exist',
    instance: '/v1/clusters',
    code: 'NamespaceMissing',
    subject: 'namespace curve',
    next: 'kubectl create namespace curve',
  });
});

test('the page about problems stands in docs as the table says', async () => {
  await expect(problemsPage()).toMatchFileSnapshot('../../docs/errors/api.md');
});

test.each(Object.entries(PROBLEMS))(
  '%s has a status of an error and sentences for people',
  (_code, entry) => {
    expect(entry.status).toBeGreaterThanOrEqual(400);
    expect(entry.meaning).toMatch(/\.$/);
    expect(entry.title).not.toMatch(/\.$/);
  },
);
