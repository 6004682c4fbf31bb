import { DISK_FORMAT } from '../../../src/systems/curve/disk-format.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { get, list, remove } from '../../../src/kube/objects.ts';
import { CONFIG_MAPS, JOBS } from '../../../src/kube/resources.ts';
import type { CurveContext, StorageNode } from '../../../src/systems/curve/layout.ts';
import { ANNOTATION } from '../../../src/systems/names.ts';
import { ApplicationFailure } from '@temporalio/activity';
import type { JobRun } from '../../../src/activities/control/job-runs.ts';
import { runJob } from '../../../src/activities/control/run-job.ts';
import { curveRef } from '../../support/curve-ids.ts';
import { controlActivity, controlStep } from '../../support/control.ts';
import { type TestNamespace, testNamespace } from '../../support/kube.ts';

/** On the sandbox's real nodes, with the Curve image; nothing here touches a disk. */
const IMAGE = 'curve2operator/curvebs:monitor-v1.2.6';

let space: TestNamespace;
beforeAll(async () => {
  space = await testNamespace('tool-jobs');
});
afterAll(() => space.end());

const contextOf = (name: string, image = IMAGE): CurveContext => ({
  operation: { ...curveRef(name, space.namespace), uid: 'none', generation: 1, attempt: 1 },
  clusterId: '11111111-2222-4333-8444-555555555555',
  image,
  imagePullPolicy: 'IfNotPresent',
  hostDataDir: '/nowhere',
  diskFormat: DISK_FORMAT,
  etcd: [],
  mds: ['node1', 'node2', 'node3'].map((node, i) => ({
    id: 'abc'[i] ?? '',
    node,
    ip: '127.0.0.1',
    port: 1,
    dummyPort: 2,
  })),
  snapshotclone: [],
  etcdConfig: {},
  mdsConfig: {},
});

const jobsOf = async (cluster: string) =>
  (
    await list(space.kube, JOBS, {
      namespace: space.namespace,
      labelSelector: `keelson.io/cluster=${cluster}`,
    })
  ).items;

test('the templates come out of the image whole, and are read once', async () => {
  const context = contextOf('read');
  const first = await controlActivity(space.kube, 'first').run('readTemplates', context);
  const kept = await get(space.kube, CONFIG_MAPS, { namespace: space.namespace, name: 'read-conf-default' });
  expect(kept.data?.['etcd.conf']).toContain('initial-cluster: ${cluster_etcd_http_addr}');
  expect(kept.metadata?.annotations).toMatchObject({
    [ANNOTATION.image]: IMAGE,
    [ANNOTATION.sha256]: first.sha256,
  });

  expect(await controlActivity(space.kube, 'second').run('readTemplates', context)).toEqual(first);
  expect(await jobsOf('read')).toHaveLength(1);
});

test('a Job that an earlier attempt of the same activity started is taken over, never doubled', async () => {
  const context = contextOf('adopted');
  const cut = controlActivity(space.kube, 'operation').begin('readTemplates', context);
  await expect.poll(() => jobsOf('adopted'), { timeout: 30_000 }).toHaveLength(1);
  cut.cancel();
  await expect(cut.ended).rejects.toMatchObject({ name: 'CancelledFailure' });

  await controlActivity(space.kube, 'operation').run('readTemplates', context);
  expect(await jobsOf('adopted')).toHaveLength(1);
});

test('templates that were removed are read again by the next operation', async () => {
  const context = contextOf('removed');
  await controlActivity(space.kube, 'first').run('readTemplates', context);
  await remove(space.kube, CONFIG_MAPS, { namespace: space.namespace, name: 'removed-conf-default' });
  await controlActivity(space.kube, 'second').run('readTemplates', context);
  const attempts = (await jobsOf('removed')).map((job) => job.metadata?.annotations?.[ANNOTATION.attempt]);
  expect(new Set(attempts)).toEqual(new Set(['1', '2']));
});

test('an image without templates is refused for good, with what is missing', async () => {
  await expect(
    controlActivity(space.kube).run('readTemplates', contextOf('bare', 'localhost/debian-base:1')),
  ).rejects.toMatchObject({
    type: 'TemplatesUnusable',
    nonRetryable: true,
    message: expect.stringContaining('localhost/debian-base:1') as string,
  });
});

test('an image name that can never be pulled is a failure, not a wait', async () => {
  await expect(
    controlActivity(space.kube).run('readTemplates', contextOf('misnamed', 'Not/A:Valid:Image')),
  ).rejects.toMatchObject({ type: 'InvalidImageName', nonRetryable: true });
});

test('an image that is not there is waited for, and the wait says so', async () => {
  const waiting = controlActivity(space.kube).begin(
    'readTemplates',
    contextOf('absent', 'localhost/absent:1'),
  );
  await expect.poll(waiting.waitingFor, { timeout: 60_000 }).toMatch(/ErrImagePull|ImagePullBackOff/);
  waiting.cancel();
  await expect(waiting.ended).rejects.toMatchObject({ name: 'CancelledFailure' });
});

test('curve_format never starts on a bare mount point, and the wait tells why', async () => {
  const context = contextOf('bare-mount');
  const node: StorageNode = {
    node: 'node1',
    ip: '127.0.0.1',
    zone: 'zone1',
    disks: [
      { index: 0, device: '/dev/vdz', mountPath: `/not-mounted-${space.namespace}`, percentage: 10, port: 1 },
    ],
  };
  const activity = controlActivity(space.kube);
  await activity.run('applyChunkFormatJobs', { context, node, attempt: 1 });
  const waiting = activity.begin('awaitChunkFormatJobs', { context, nodes: [node] });
  await expect.poll(waiting.waitingFor, { timeout: 60_000 }).toContain('hostPath type check failed');
  waiting.cancel();
  await expect(waiting.ended).rejects.toMatchObject({ name: 'CancelledFailure' });

  // Still the same one: a second attempt is not started beside it.
  await activity.run('applyChunkFormatJobs', { context, node, attempt: 2 });
  expect(await activity.run('observeChunkFormatJobs', { context, node })).toMatchObject([
    { attempt: 1, state: 'running' },
  ]);
});

test('a tool that fails for a while is run again by itself, one run after the other', async () => {
  const context = contextOf('flaky');
  const scope = { namespace: space.namespace, labelSelector: 'flaky=yes' };
  const job = (attempt: number) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      namespace: space.namespace,
      name: `flaky-${attempt}`,
      labels: {
        flaky: 'yes',
        'app.kubernetes.io/managed-by': 'keelson',
        'keelson.io/cluster-id': context.clusterId,
      },
      annotations: { [ANNOTATION.attempt]: String(attempt) },
    },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { labels: { flaky: 'yes' } },
        spec: {
          restartPolicy: 'Never',
          containers: [
            { name: 'tool', image: 'localhost/debian-base:1', command: ['test', String(attempt), '=', '3'] },
          ],
        },
      },
    },
  });
  const failureOf = (run: JobRun) =>
    Promise.resolve(
      run.state === 'succeeded'
        ? undefined
        : ApplicationFailure.retryable(`ended with ${String(run.exitCode)}`, 'Flaky'),
    );
  const running = controlStep(space.kube, (work) =>
    runJob(work, { context, scope, words: 'try it', build: job, failureOf }),
  );
  await expect.poll(running.waitingFor, { timeout: 60_000 }).toContain('last time: ended with 1');
  expect(await running.ended).toMatchObject({ attempt: 3, state: 'succeeded', exitCode: 0 });
});

test('a pool is not made before an mds leads, and the wait says so', async () => {
  const context = contextOf('leaderless');
  const activity = controlActivity(space.kube);
  await activity.run('readTemplates', context);
  const waiting = activity.begin('createPhysicalPool', {
    context,
    storage: [],
    pool: { name: 'pool1', copysets: 100 },
  });
  await expect.poll(waiting.waitingFor, { timeout: 60_000 }).toContain('no mds leads');
  waiting.cancel();
  await expect(waiting.ended).rejects.toMatchObject({ name: 'CancelledFailure' });
  expect((await jobsOf('leaderless')).map((job) => job.metadata?.name)).toEqual([
    expect.stringContaining('-templates-'),
  ]);
});
