import { Client, Connection } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AcceptedAnswer, ClusterDetail } from '../../../src/requests/answers/clusters.ts';
import type { ProblemDocument } from '../../../src/requests/problems.ts';
import { Kube } from '../../../src/kube/client.ts';
import { PooledKubeConfig } from '../../../src/kube/config.ts';
import { find } from '../../../src/kube/objects.ts';
import { type ApiServer, makeNamespace, startApiServer } from '../../support/api-server.ts';
import { LEAST, changed } from '../../support/curve-documents.ts';
import { eventually } from '../../support/eventually.ts';
import {
  type TestApi,
  type TestController,
  startApi,
  startController,
  startWorkers,
  endWorkers,
} from '../../support/keelson.ts';
import { type TcpProxy, tcpProxy } from '../../support/tcp-proxy.ts';
import { startTemporal } from '../../support/temporal.ts';
import { PERCENTAGE, World } from '../../support/world.ts';
import { CURVE_CLUSTERS, entityWorkflowId } from '../../support/curve-ids.ts';

const NODES = ['node1', 'node2', 'node3'];
const BASE = changed(LEAST, ['spec', 'storage', 'devices', 0, 'percentage'], PERCENTAGE);

let server: ApiServer;
let temporal: TestWorkflowEnvironment;
let kubernetesLink: TcpProxy;
let temporalLink: TcpProxy;
let connection: Connection;
let api: TestApi;
let controller: TestController;
let workers: readonly Worker[];
let running: Promise<unknown>;

beforeAll(async () => {
  // One after the other: both look for free ports, and take them later.
  server = await startApiServer();
  temporal = await startTemporal();
  await makeNamespace(server, 'curve');
  kubernetesLink = await tcpProxy(server.address);
  const [host = '', port = ''] = temporal.address.split(':');
  temporalLink = await tcpProxy({ host, port: Number(port) });

  connection = Connection.lazy({
    address: `127.0.0.1:${temporalLink.port}`,
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 2_000 },
  });
  const client = new Client({ connection });
  const kube = new Kube(through(server.config, kubernetesLink.port));
  api = await startApi(kube, client);
  controller = startController(kube, client, 'curve', 'replica-1');
  workers = await startWorkers(temporal, new World(NODES), NODES, server.kube);
  running = Promise.all(workers.map((w) => w.run()));
});
afterAll(async () => {
  await controller.end();
  await api.end();
  await connection.close();
  await endWorkers(workers, running);
  await Promise.all([kubernetesLink.end(), temporalLink.end()]);
  await temporal.teardown();
  await server.end();
});

function through(config: PooledKubeConfig, port: number): PooledKubeConfig {
  const other = new PooledKubeConfig();
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  if (!cluster || !user) throw new Error('kubeconfig without cluster or user');
  other.loadFromClusterAndUser({ ...cluster, server: `https://127.0.0.1:${port}` }, user);
  return other;
}

const post = (name: string) =>
  api.ask('/v1/clusters', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...BASE, metadata: { namespace: 'curve', name } }),
  });
const json = async <T>(response: Response): Promise<T> => (await response.json()) as T;
const stored = (name: string) => find(server.kube, CURVE_CLUSTERS, { namespace: 'curve', name });
const detail = async (name: string): Promise<ClusterDetail> =>
  json(await api.ask(`/v1/clusters/curve/curve/${name}`));
const started = (name: string) =>
  temporal.client.workflow.getHandle(entityWorkflowId({ namespace: 'curve', name })).describe();

test('without Temporal a manifest is stored, the answer says so, and the watch delivers it when Temporal is back', async () => {
  await temporalLink.down();
  const response = await post('later');
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await json<ProblemDocument>(response)).toMatchObject({
    code: 'TemporalUnavailable',
    detail: expect.stringContaining('is stored, and the watch hands it on'),
    next: expect.stringContaining('nothing needs to be sent again'),
  });
  expect((await stored('later'))?.metadata?.generation).toBe(1);
  expect(await detail('later')).toMatchObject({ stale: true, state: 'Pending' });
  const times = [];
  for (let i = 0; i < 5; i++) {
    const asked = performance.now();
    expect(await json(await fetch(`${api.url}/readyz`))).toEqual({ status: 'ok', temporal: 'away' });
    times.push(performance.now() - asked);
  }
  // As long as a kubelet waits: an API that counts as unready could tell nobody what is wrong. Other work of this machine
  // can only add to a time.
  expect(Math.min(...times)).toBeLessThan(1_000);

  await temporalLink.up();
  const done = await eventually(
    'it is delivered',
    () => detail('later'),
    (d) => d.state === 'Succeeded',
    90_000,
  );
  expect(done.operation).toMatchObject({ generation: 1, attempt: 1 });
  // Sent again by a person who did not read: it joins.
  expect(await json<AcceptedAnswer>(await post('later'))).toMatchObject({
    operation: done.operation?.id,
  });
});

test('a Temporal that does not answer at all is a problem within its deadline, not a hanging request', async () => {
  temporalLink.freeze();
  const began = performance.now();
  const response = await post('frozen');
  expect(performance.now() - began).toBeLessThan(20_000);
  expect(await json<ProblemDocument>(response)).toMatchObject({ code: 'TemporalUnavailable', status: 503 });
  temporalLink.thaw();
  temporalLink.reset();
  await eventually(
    'it is delivered',
    () => detail('frozen'),
    (d) => d.state === 'Succeeded',
    90_000,
  );
});

test('without Kubernetes nothing is started', async () => {
  await kubernetesLink.down();
  const response = await post('never');
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).not.toBeNull();
  expect(await json<ProblemDocument>(response)).toMatchObject({
    code: 'KubernetesUnavailable',
    next: expect.stringContaining('nothing was started'),
  });
  await expect(started('never')).rejects.toThrow(/not found/i);
  await kubernetesLink.up();
  expect((await post('never')).status).toBe(202);
});

test('without a control worker the manifest is stored and handled when one runs again', async () => {
  await endWorkers(workers, running);
  const response = await post('patient');
  expect(await json<ProblemDocument>(response)).toMatchObject({
    code: 'WorkerNotAnswering',
    status: 503,
    detail: expect.stringContaining('is stored'),
  });
  workers = await startWorkers(temporal, new World(NODES), NODES, server.kube);
  running = Promise.all(workers.map((w) => w.run()));
  await eventually(
    'it is handled',
    () => detail('patient'),
    (d) => d.state === 'Succeeded',
    90_000,
  );
});
