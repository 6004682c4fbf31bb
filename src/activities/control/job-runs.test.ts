import { describe, expect, test } from 'vitest';
import { ANNOTATION } from '../../systems/names.ts';
import { type Job, type Node, runsIn } from './job-runs.ts';
import type { Pod } from './pods.ts';

const job = (conditions: object[] = [], attempt = 1): Job =>
  ({
    metadata: {
      name: `format-${attempt}`,
      uid: `job-${attempt}`,
      annotations: { [ANNOTATION.attempt]: String(attempt), [ANNOTATION.node]: 'node-1' },
    },
    spec: { template: { spec: { containers: [{ name: 'format' }] } } },
    status: { conditions },
  }) as Job;
const failed = {
  type: 'Failed',
  status: 'True',
  reason: 'BackoffLimitExceeded',
  message: 'reached the limit',
};
const complete = { type: 'Complete', status: 'True' };

const pod = (status: Pod['status'], metadata: Pod['metadata'] = {}): Pod =>
  ({
    metadata: {
      name: 'p',
      ownerReferences: [{ uid: 'job-1', kind: 'Job', name: 'format-1', apiVersion: 'batch/v1' }],
      ...metadata,
    },
    spec: { nodeName: 'node-1', restartPolicy: 'Never', containers: [{ name: 'format' }] },
    status,
  }) as Pod;
const terminated = (exitCode: number, reason = 'Completed') => ({
  containerStatuses: [
    {
      name: 'format',
      image: '',
      imageID: '',
      ready: false,
      restartCount: 0,
      state: { terminated: { exitCode, reason } },
    },
  ],
});
const node = (ready: 'True' | 'False' | 'Unknown'): Node => ({
  metadata: { name: 'node-1' },
  status: { conditions: [{ type: 'Ready', status: ready }] },
});

const one = (given: { job?: Job; pods?: Pod[]; nodes?: Node[] }) => {
  const [run] = runsIn({
    jobs: [given.job ?? job()],
    pods: given.pods ?? [],
    nodes: given.nodes ?? [node('True')],
  });
  return run && { state: run.state, exitCode: run.exitCode };
};

describe('a Job counts as running until its end is certain', () => {
  test.each<[string, Parameters<typeof one>[0], ReturnType<typeof one>]>([
    ['its pod has not been made yet', {}, { state: 'running', exitCode: undefined }],
    ['its pod runs', { pods: [pod({ phase: 'Running' })] }, { state: 'running', exitCode: undefined }],
    [
      'its pod is being deleted, and Kubernetes has given the Job up already',
      {
        job: job([failed]),
        pods: [pod({ phase: 'Running' }, { deletionTimestamp: '2026-11-22T00:00:00Z' })],
      },
      { state: 'running', exitCode: undefined },
    ],
    [
      'its pod runs on a node that does not answer',
      { job: job([failed]), pods: [pod({ phase: 'Running' })], nodes: [node('Unknown')] },
      { state: 'running', exitCode: undefined },
    ],
    [
      "its pod's object was removed by force while the node does not answer",
      { job: job([failed]), nodes: [node('Unknown')] },
      { state: 'running', exitCode: undefined },
    ],
    [
      "its pod's object is gone, and the node answers",
      { job: job([failed]), nodes: [node('True')] },
      { state: 'failed', exitCode: undefined },
    ],
    [
      "its pod's object and the node are both gone",
      { job: job([failed]), nodes: [] },
      { state: 'failed', exitCode: undefined },
    ],
    [
      'the tool ended well',
      { pods: [pod({ phase: 'Succeeded', ...terminated(0) })] },
      { state: 'succeeded', exitCode: 0 },
    ],
    [
      'the tool has ended well, and the kubelet is about to say so of the pod',
      { pods: [pod({ phase: 'Running', ...terminated(0) })] },
      { state: 'succeeded', exitCode: 0 },
    ],
    [
      'the tool has ended badly, and the kubelet is about to say so of the pod',
      { pods: [pod({ phase: 'Running', ...terminated(244, 'Error') })] },
      { state: 'failed', exitCode: 244 },
    ],
    [
      'the tool ended well and the pod has been cleaned up',
      { job: job([complete]) },
      { state: 'succeeded', exitCode: undefined },
    ],
    [
      'the tool ended badly',
      { pods: [pod({ phase: 'Failed', ...terminated(255, 'Error') })] },
      { state: 'failed', exitCode: 255 },
    ],
    [
      'the node was rebooted, and its kubelet made an exit code up',
      { pods: [pod({ phase: 'Failed', ...terminated(137, 'ContainerStatusUnknown') })] },
      { state: 'failed', exitCode: undefined },
    ],
    [
      'the node was rebooted, and its containerd made an exit code up',
      { pods: [pod({ phase: 'Failed', ...terminated(255, 'Unknown') })] },
      { state: 'failed', exitCode: undefined },
    ],
    [
      'the kubelet evicted it',
      { pods: [pod({ phase: 'Failed', reason: 'Evicted', ...terminated(137, 'Error') })] },
      { state: 'failed', exitCode: undefined },
    ],
  ])('%s', (_, given, wanted) => {
    expect(one(given)).toEqual(wanted);
  });
});

test('attempts are ordered by number, not by name', () => {
  const runs = runsIn({ jobs: [job([], 10), job([], 9), job([], 2)], pods: [] });
  expect(runs.map((run) => run.attempt)).toEqual([2, 9, 10]);
});
