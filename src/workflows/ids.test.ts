import { expect, test } from 'vitest';
import {
  entityWorkflowId,
  healthCheckWorkflowId,
  installationOf,
  nodeBatchWorkflowId,
  nodeWatchWorkflowId,
  operationWorkflowId,
  planWorkflowId,
  subjectOf,
} from './ids.ts';
import { controlQueue, nodeOfQueue, nodeQueue, probeQueue, waitQueue } from './queues.ts';

const ref = { system: 'curve', kind: 'cluster', namespace: 'storage', name: 'my-curve' };
const resource = 'curve cluster storage/my-curve';
const operation = operationWorkflowId('ab12', { ...ref, uid: '515a3369-aaaa', generation: 2, attempt: 1 });

test.each([
  [entityWorkflowId('ab12', ref), { resource }],
  [healthCheckWorkflowId('ab12', ref), { resource }],
  [operation, { resource, operation }],
  [nodeBatchWorkflowId(operation, 0), { resource, operation }],
  [nodeWatchWorkflowId('ab12', 'n.1'), { node: 'n.1' }],
  [planWorkflowId('ab12', 'a-request'), {}],
])('the subject of %s is told in every line of a log', (workflowId, subject) => {
  expect(subjectOf(workflowId)).toEqual(subject);
});

test('a cluster of another system or another kind with the same name is another execution', () => {
  const others = [{ ...ref, system: 'ceph' }, { ...ref, kind: 'pool' }, ref];
  expect(new Set(others.map((r) => entityWorkflowId('ab12', r))).size).toBe(3);
});

test('the installation is read back from every id and queue', () => {
  const control = [controlQueue('ab12'), waitQueue('ab12')];
  const all = [operation, ...control, nodeQueue('ab12', 'n1'), probeQueue('ab12', 'n1')];
  expect(new Set(all.map(installationOf))).toEqual(new Set(['ab12']));
});

test('the node is read back from its queues alone', () => {
  const ofNodes = [nodeQueue('ab12', 'n.1'), probeQueue('ab12', 'n.1')];
  expect(ofNodes.map(nodeOfQueue)).toEqual(['n.1', 'n.1']);
  expect([controlQueue('node'), waitQueue('node')].map(nodeOfQueue)).toEqual([undefined, undefined]);
});
