import { expect, test } from 'vitest';
import {
  clusterWorkflowId,
  healthCheckWorkflowId,
  operationWorkflowId,
  planWorkflowId,
  subjectOf,
} from './messages.ts';

const ref = { namespace: 'storage', name: 'my-curve' };
const operation = operationWorkflowId({ ...ref, uid: '515a3369-aaaa', generation: 2, attempt: 1 });

test.each([
  [clusterWorkflowId(ref), { cluster: 'storage/my-curve' }],
  [healthCheckWorkflowId(ref), { cluster: 'storage/my-curve' }],
  [operation, { cluster: 'storage/my-curve', operation }],
  [`${operation}/nodes/0`, { cluster: 'storage/my-curve', operation }],
  [planWorkflowId('storage/my-curve'), {}],
])('the subject of %s is told in every line of a log', (workflowId, subject) => {
  expect(subjectOf(workflowId)).toEqual(subject);
});
