import { describe, expect, test } from 'vitest';
import { type Pod, exitCodeOf, hasEnded, isReady, isStranded, troubleOf } from './pods.ts';

const pod = (status: Pod['status'], more: Partial<Pod> = {}): Pod =>
  ({ metadata: { name: 'p' }, spec: { nodeName: 'node-1', containers: [] }, ...more, status }) as Pod;
const container = (state: object, more: object = {}) => ({
  name: 'etcd',
  image: 'x',
  imageID: 'x',
  ready: false,
  restartCount: 0,
  state,
  ...more,
});
const waiting = (reason: string, message?: string, more: object = {}) =>
  pod({ phase: 'Pending', containerStatuses: [container({ waiting: { reason, message } }, more)] });

describe('what keeps a pod from being ready, in words', () => {
  test.each<[string, Pod, object]>([
    [
      'an image that cannot be pulled',
      waiting('ImagePullBackOff', 'Back-off pulling image "x"'),
      { reason: 'ImagePullBackOff: Back-off pulling image "x"' },
    ],
    [
      'an image name that no wait can correct',
      waiting('InvalidImageName', 'couldn\'t parse "X:Y"'),
      { reason: 'InvalidImageName: couldn\'t parse "X:Y"', permanent: 'InvalidImageName' },
    ],
    [
      'a container that dies again and again',
      waiting('CrashLoopBackOff', 'back-off 10s', {
        restartCount: 4,
        lastState: { terminated: { exitCode: 134 } },
      }),
      { reason: 'CrashLoopBackOff after 4 restarts, last exit code 134', crashed: 'etcd' },
    ],
    [
      'no node that fits',
      pod(
        {
          phase: 'Pending',
          conditions: [
            {
              type: 'PodScheduled',
              status: 'False',
              reason: 'Unschedulable',
              message: '0/3 nodes are available',
            },
          ],
        },
        { spec: { containers: [] } },
      ),
      { reason: 'Unschedulable: 0/3 nodes are available' },
    ],
    [
      'a mount that the kubelet refuses (told in events only)',
      waiting('ContainerCreating'),
      { reason: 'ContainerCreating', inEvents: true },
    ],
    [
      'a kubelet that has not begun',
      pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'True' }] }),
      { reason: 'the kubelet of node-1 has not begun with it', inEvents: true },
    ],
    [
      'a container that ended badly',
      pod({ phase: 'Running', containerStatuses: [container({ terminated: { exitCode: 1 } })] }),
      { reason: 'etcd ended with exit code 1', crashed: 'etcd' },
    ],
    [
      'a failed pod',
      pod({ phase: 'Failed', reason: 'Evicted', message: 'disk pressure' }),
      { reason: 'Evicted: disk pressure' },
    ],
    [
      'a probe that has not succeeded',
      pod({
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'False', message: 'containers with unready status: [etcd]' }],
        containerStatuses: [container({ running: {} })],
      }),
      { reason: 'running, not ready yet (containers with unready status: [etcd])' },
    ],
  ])('%s', (_, given, wanted) => {
    expect(troubleOf(given)).toEqual(wanted);
  });

  test('nothing, when it is ready', () => {
    expect(
      troubleOf(pod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] })),
    ).toBeUndefined();
  });
});

test('a pod that is being deleted is neither ready nor ended', () => {
  const leaving = pod(
    { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    { metadata: { name: 'p', deletionTimestamp: '2026-11-22T00:00:00Z' } },
  );
  expect([isReady(leaving), hasEnded(leaving)]).toEqual([false, false]);
});

test('the exit code is that of the named container', () => {
  const ended = pod({
    phase: 'Failed',
    containerStatuses: [container({ terminated: { exitCode: 255 } }), { ...container({}), name: 'other' }],
  });
  expect([exitCodeOf(ended, 'etcd'), exitCodeOf(ended, 'other')]).toEqual([255, undefined]);
});

describe('a power cut between the making and the start of a container strands its pod', () => {
  // As the kubelet told it after the reboot, for as long as anybody looked.
  const stranded = pod(
    {
      phase: 'Pending',
      conditions: [{ type: 'PodReadyToStartContainers', status: 'False' }],
      containerStatuses: [container({ waiting: {} }, { containerID: 'containerd://5404ed0a' })],
    },
    { spec: { restartPolicy: 'Never', containers: [{ name: 'format' }] } },
  );

  test('it never ends by itself', () => {
    expect(hasEnded(stranded)).toBe(false);
    expect(isStranded(stranded)).toBe(true);
  });

  test.each<[string, Pod]>([
    ['whose container is about to start', { ...stranded, status: { ...stranded.status, conditions: [] } }],
    [
      'whose container was not made yet',
      {
        ...stranded,
        status: {
          ...stranded.status,
          containerStatuses: [container({ waiting: { reason: 'ContainerCreating' } })],
        },
      },
    ],
    [
      'that the kubelet starts again',
      { ...stranded, spec: { restartPolicy: 'Always', containers: [{ name: 'format' }] } },
    ],
    [
      'that ended',
      {
        ...stranded,
        status: {
          ...stranded.status,
          containerStatuses: [container({ terminated: { exitCode: 137 } }, { containerID: 'x' })],
        },
      },
    ],
  ])('one %s is none', (_what, other) => {
    expect(isStranded(other)).toBe(false);
  });
});
