import { afterAll, beforeAll, expect, test } from 'vitest';
import { exec } from '../../../src/kube/exec.ts';
import { Kube } from '../../../src/kube/client.ts';
import { KubeError } from '../../../src/kube/errors.ts';
import { lastLines, readLog } from '../../../src/kube/logs.ts';
import { create, remove } from '../../../src/kube/objects.ts';
import { PODS } from '../../../src/kube/resources.ts';
import { watchUntil } from '../../../src/kube/watch.ts';
import { type TestNamespace, testNamespace, throughProxy } from '../../support/kube.ts';
import { tcpProxy } from '../../support/tcp-proxy.ts';

let space: TestNamespace;
beforeAll(async () => {
  space = await testNamespace('exec');
  await startPod('box', 'echo ready; exec sleep infinity');
});
afterAll(() => space.end());

/** A pod of the image that every sandbox node has, running when this returns, or as far as is asked for. */
async function startPod(name: string, script: string, until = 'Running'): Promise<void> {
  await create(space.kube, PODS, {
    metadata: { namespace: space.namespace, name },
    spec: {
      terminationGracePeriodSeconds: 0,
      restartPolicy: 'Never',
      containers: [
        {
          name: 'box',
          image: 'localhost/debian-base:1',
          imagePullPolicy: 'Never',
          command: ['sh', '-c', script],
        },
      ],
    },
  });
  await watchUntil(
    space.kube,
    PODS,
    { namespace: space.namespace, fieldSelector: `metadata.name=${name}` },
    ([pod]) => (pod?.status?.phase === until ? true : undefined),
  );
}

const inPod = (script: string, timeoutMs?: number) => ({
  namespace: space.namespace,
  pod: 'box',
  container: 'box',
  argv: ['sh', '-c', script],
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
});

test.each([0, 1, 143, 255])('exit code %i comes back, with both outputs', async (code) => {
  const ended = await exec(space.kube, inPod(`echo said; echo complained >&2; exit ${code}`));
  expect(ended).toEqual({ exitCode: code, stdout: 'said\n', stderr: 'complained\n' });
});

test('output larger than any buffer comes whole', async () => {
  const { stdout } = await exec(space.kube, inPod('head -c 3000000 /dev/zero | tr "\\0" x'));
  expect(stdout).toHaveLength(3_000_000);
});

// Not more: containerd 1.6 stalls under many commands in one container.
test('eight commands at the same time do not mix up their ends', async () => {
  const ended = await Promise.all(
    Array.from({ length: 8 }, (_, i) => exec(space.kube, inPod(`echo ${i}; exit ${i}`))),
  );
  expect(ended.map(({ exitCode, stdout }) => [exitCode, stdout])).toEqual(
    Array.from({ length: 8 }, (_, i) => [i, `${i}\n`]),
  );
});

test('a command that is not in the image is an error, not an exit code of it', async () => {
  const error = await failure(exec(space.kube, { ...inPod(''), argv: ['/no/such/tool'] }));
  expect(error.message).toContain('/no/such/tool');
});

test('a pod that is not there says so', async () => {
  const error = await failure(exec(space.kube, { ...inPod('true'), pod: 'absent' }));
  expect(error).toMatchObject({ reason: 'NotFound', status: 404 });
});

test('a pod that has ended is no reason to give up for good: another one may take its place', async () => {
  await startPod('over', 'exit 0', 'Succeeded');
  const error = await failure(exec(space.kube, { ...inPod('echo said'), pod: 'over' }));
  expect(error).toMatchObject({ permanent: false });
});

test('a command that hangs is given up in time', async () => {
  const error = await failure(exec(space.kube, inPod('sleep 60', 1_000)));
  expect(error.reason).toBe('NoAnswer');
});

test('a connection that drops before the end is an error, never an end', async () => {
  const server = new URL(space.kube.server);
  const proxy = await tcpProxy({ host: server.hostname, port: Number(server.port) });
  try {
    const running = failure(exec(new Kube(throughProxy(space.config, proxy.port)), inPod('sleep 6017')));
    // Its process shows that the command runs on the other side of the proxy; the search must not find itself.
    await expect
      .poll(async () => (await exec(space.kube, inPod('grep -l [s]leep.6017 /proc/[0-9]*/cmdline'))).stdout, {
        timeout: 30_000,
      })
      .not.toBe('');
    proxy.reset();
    expect(await running).toMatchObject({ reason: 'Unreachable', permanent: false });
  } finally {
    await proxy.end();
  }
});

test("an aborted signal ends it with the signal's own reason", async () => {
  const stop = new AbortController();
  const running = exec(space.kube.within(stop.signal), inPod('sleep 60'));
  stop.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
});

test('a command that is killed is an error, never an answer', async () => {
  const error = await failure(exec(space.kube, inPod('echo half of an answer; kill -9 $$')));
  expect(error).toMatchObject({ reason: 'Killed', permanent: false });
});

test('a pod that dies under the command is an error', async () => {
  await startPod('mortal', 'exec sleep infinity');
  const running = failure(exec(space.kube, { ...inPod('echo begun; sleep 60'), pod: 'mortal' }));
  await remove(space.kube, PODS, { namespace: space.namespace, name: 'mortal' });
  const error = await running;
  expect(error.permanent).toBe(false);
});

test('a log is read whole or by its last lines', async () => {
  const of = { namespace: space.namespace, pod: 'box', container: 'box' };
  expect(await readLog(space.kube, of)).toBe('ready\n');
  expect(await lastLines(space.kube, { ...of, tailLines: 1 })).toBe('ready');
  expect(await lastLines(space.kube, { ...of, tailLines: 1, previous: true })).toBeUndefined();
});

async function failure(promise: Promise<unknown>): Promise<KubeError> {
  const error: unknown = await promise.then(
    (value) => new Error(`no error came but ${JSON.stringify(value)}`),
    (e: unknown) => e,
  );
  if (error instanceof KubeError) return error;
  throw error;
}
