import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { HealthPart } from '../../../src/activities/control/health-part.ts';
import { watchHealth } from '../../../src/activities/control/health-watch.ts';
import type { HealthReport, HealthWatchInput } from '../../../src/activities/control/contract.ts';
import { apply } from '../../../src/kube/apply.ts';
import { Kube, type KubeRequest } from '../../../src/kube/client.ts';
import { create, find, get, remove } from '../../../src/kube/objects.ts';
import { CONFIG_MAPS, DEPLOYMENTS, NODES, PODS } from '../../../src/kube/resources.ts';
import { readStatus } from '../../../src/requests/view/status.ts';
import { layoutOf } from '../../../src/systems/curve/layout.ts';
import { componentLabels } from '../../../src/systems/curve/names.ts';
import type { CurveClusterSpec } from '../../../src/systems/curve/spec.ts';
import type { NodeHealth } from '../../../src/systems/node-health.ts';
import { type ApiServer, makeNamespace, startApiServer } from '../../support/api-server.ts';
import { controlActivity, controlStep } from '../../support/control.ts';
import { CLUSTER_ID, LEAST, SNAPSHOTS, accepted, changed } from '../../support/curve-documents.ts';
import { CURVE_CLUSTERS, curveRef } from '../../support/curve-ids.ts';
import { eventually } from '../../support/eventually.ts';

/** No daemon runs, and no port of this machine belongs to one: every question gets an answer at once. */
const UNUSED = { etcd: { peerPort: 1, clientPort: 2 }, mds: { port: 3, dummyPort: 4 } };
const HOSTS = ['node1', 'node2', 'node3'];

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
  for (const name of [...HOSTS, 'stranger']) {
    await create(server.kube, NODES, { metadata: { name } });
    await nodeIs(name, 'True');
  }
});
afterAll(() => server.end());

async function nodeIs(name: string, status: 'True' | 'False'): Promise<void> {
  const nodeStatus = {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    conditions: [{ type: 'Ready', status, message: 'the kubelet said so' }],
  };
  await apply(
    server.kube,
    NODES,
    { metadata: { name }, status: nodeStatus },
    { manager: 'kubelet', force: true, subresource: 'status' },
  );
}

const document = (namespace: string, name: string) =>
  changed(
    changed(LEAST, ['spec'], {
      ...LEAST.spec,
      ...UNUSED,
      snapShotClone: { ...SNAPSHOTS, port: 5, dummyPort: 6, proxyPort: 7 },
    }),
    ['metadata'],
    { namespace, name },
  );

/** A cluster in Kubernetes, and what its health check begins with. */
async function cluster(
  namespace: string,
  nodes: readonly NodeHealth[] = [],
): Promise<HealthWatchInput<CurveClusterSpec>> {
  await makeNamespace(server, namespace);
  const wanted = document(namespace, 'c');
  const { metadata } = await create(server.kube, CURVE_CLUSTERS, {
    metadata: { namespace, name: 'c' },
    spec: wanted['spec'],
  });
  const { spec } = accepted(wanted);
  return { resource: curveRef('c', namespace), uid: metadata?.uid ?? '', generation: 1, spec, nodes };
}

const haveId = (namespace: string) =>
  create(server.kube, CONFIG_MAPS, {
    metadata: { namespace, name: 'c-keelson', labels: { 'app.kubernetes.io/managed-by': 'keelson' } },
    data: { clusterId: CLUSTER_ID },
  });

const statusOf = async (namespace: string) =>
  readStatus((await get(server.kube, CURVE_CLUSTERS, { namespace, name: 'c' })).status);
const conditionOf = async (namespace: string, type: string) =>
  (await statusOf(namespace)).conditions.find((c) => c.type === type);

test('a part that only a person can correct makes Ready False with its words, and hides no other part', async () => {
  const input = await cluster('mended');
  await haveId('mended');
  await neverStarts('mended', 'c-etcd-a');
  const { verdict } = await controlActivity(server.kube).run('watchHealth', input);
  expect(verdict).toMatchObject({ ready: false, reason: 'EtcdUnhealthy', observedGeneration: 1 });
  expect(verdict?.message).toMatch(
    /c-etcd-a-x can never start: InvalidImageName.*\. Next: correct the image/,
  );
  expect(verdict?.message).toContain('Secret mended/curve-s3 does not exist');
  expect(verdict?.message).toContain('Deployment c-mds-a does not exist');
  expect(await conditionOf('mended', 'Ready')).toMatchObject({ status: 'False', reason: 'EtcdUnhealthy' });
});

test('a cluster without a cluster id is told as that, and gets none by being looked at', async () => {
  const input = await cluster('unminted');
  const { verdict } = await controlActivity(server.kube).run('watchHealth', input);
  expect(verdict).toMatchObject({ ready: false, reason: 'ClusterIdMissing' });
  expect(await find(server.kube, CONFIG_MAPS, { namespace: 'unminted', name: 'c-keelson' })).toBeUndefined();
});

test('a node that is gone, and one that is silent, are told each in its condition', async () => {
  const since = '2026-01-01T00:00:00Z';
  const mounts = { inPlace: [], astray: [{ mountPath: '/data/chunkserver0', fsUuid: 'other' }] };
  const input = await cluster('silent', [
    { node: 'node1', answered: false, since, ...mounts },
    { node: 'node2', answered: true, since },
    { node: 'node3', answered: true, since },
  ]);
  await haveId('silent');
  await remove(server.kube, NODES, { name: 'node3' });
  const { verdict } = await controlActivity(server.kube).run('watchHealth', input);
  await create(server.kube, NODES, { metadata: { name: 'node3' } });
  await nodeIs('node3', 'True');
  expect(verdict).toMatchObject({
    reason: 'NodeNotReady',
    message: 'node node3 does not exist in Kubernetes',
  });
  expect(await conditionOf('silent', 'NodesAnswering')).toMatchObject({
    status: 'False',
    reason: 'NodeNotAnswering',
    message: `node1 does not answer since ${since}`,
  });
  // What was last known of its mounts still counts.
  const back = await controlActivity(server.kube).run('watchHealth', {
    ...input,
    ...(verdict && { known: verdict }),
  });
  expect(back.verdict?.message).toContain('node1: /data/chunkserver0 should hold file system');
});

test('it reads nothing of the nodes of others, and nothing of its own as long as they do not change', async () => {
  const input = await cluster('frugal');
  await haveId('frugal');
  const asked: KubeRequest[] = [];
  const spies = (['json', 'lines'] as const).map((how) => {
    const real = Kube.prototype[how] as (request: KubeRequest) => unknown;
    return vi.spyOn(Kube.prototype, how).mockImplementation(function (this: Kube, request: KubeRequest) {
      asked.push(request);
      return real.call(this, request) as never;
    });
  });
  const { verdict } = await controlActivity(server.kube).run('watchHealth', input);
  asked.length = 0;
  const watching = controlActivity(server.kube).begin('watchHealth', {
    ...input,
    ...(verdict && { known: verdict }),
  });
  try {
    const observed = async () => (await statusOf('frugal')).observedAt ?? '';
    const before = await observed();
    // Several rounds of questions to the daemons lie between two of these.
    await eventually(
      'it is observed twice',
      observed,
      (at) => Date.parse(at) - Date.parse(before) > 20_000,
      60_000,
    );
    const ofNodes = asked.filter(
      ({ path, query }) => path === '/api/v1/nodes' && query?.['watch'] === undefined,
    );
    expect(new Set(ofNodes.map(({ query }) => query?.['fieldSelector']))).toEqual(
      new Set(HOSTS.map((name) => `metadata.name=${name}`)),
    );
    expect(ofNodes).toHaveLength(HOSTS.length);
    const lists = asked.filter(
      ({ path, query }) => /\/(deployments|pods)$/.test(path) && query?.['watch'] === undefined,
    );
    const whole = lists.filter(({ query }) => !query?.['labelSelector']?.includes('component=mds'));
    expect(whole).toHaveLength(2);
  } finally {
    spies.forEach((spy) => spy.mockRestore());
    watching.cancel();
    await watching.ended.catch(() => undefined);
  }
}, 90_000);

test('a node that is no longer Ready is told within 10 s', async () => {
  const input = await cluster('turned');
  const known = (await controlActivity(server.kube).run('watchHealth', input)).verdict;
  const watching = controlActivity(server.kube).begin('watchHealth', { ...input, ...(known && { known }) });
  await nodeIs('node2', 'False');
  const turned = performance.now();
  const { verdict } = await watching.ended;
  expect(performance.now() - turned).toBeLessThan(10_000);
  expect(verdict).toMatchObject({ reason: 'NodeNotReady' });
  expect(verdict?.message).toContain('node node2 is not Ready: the kubelet said so');
  await nodeIs('node2', 'True');
});

/** A daemon of this test's own, and a health that is made of it alone. */
class Daemon {
  #server: Server | undefined;
  port = 0;

  async start(): Promise<void> {
    const listener = createServer((_request, response) => response.end('ok'));
    await new Promise<void>((resolve) => listener.listen(this.port, '127.0.0.1', resolve));
    this.port = (listener.address() as AddressInfo).port;
    this.#server = listener;
  }

  async kill(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  watch(input: HealthWatchInput, known?: HealthReport['verdict']) {
    return controlStep(server.kube, (work) =>
      watchHealth(work, { ...input, ...(known && { known }) }, ({ ask }): readonly HealthPart[] => [
        {
          reason: 'DaemonDown',
          everyMs: 5_000,
          gapMs: 1_000,
          check: async () => {
            const { answered } = await ask({ ip: '127.0.0.1', port: this.port, path: '/' });
            return [
              { reason: 'DaemonDown', holds: answered, detail: `it ${answered ? 'answers' : 'is silent'}` },
            ];
          },
        },
      ]),
    );
  }
}

test('a daemon that is killed shows in Ready within 10 s, and one that is back too', async () => {
  const input = await cluster('killed');
  const daemon = new Daemon();
  await daemon.start();
  const well = await daemon.watch(input).ended;
  expect(well.verdict).toMatchObject({ ready: true });
  expect(await conditionOf('killed', 'Ready')).toMatchObject({ status: 'True' });

  const watching = daemon.watch(input, well.verdict);
  await daemon.kill();
  const killed = performance.now();
  const { verdict } = await watching.ended;
  expect(performance.now() - killed).toBeLessThan(10_000);
  expect(verdict).toMatchObject({ ready: false, reason: 'DaemonDown' });
  expect(await conditionOf('killed', 'Ready')).toMatchObject({ status: 'False', message: 'it is silent' });

  const waiting = daemon.watch(input, verdict);
  await daemon.start();
  expect((await waiting.ended).verdict).toMatchObject({ ready: true });
  await daemon.kill();
});

test('what is found while the API server is away is said in the heartbeat, and written when it is back', async () => {
  const input = await cluster('outage');
  const daemon = new Daemon();
  await daemon.start();
  const well = await daemon.watch(input).ended;
  await server.kill();
  const watching = daemon.watch(input, well.verdict);
  await eventually(
    'it says in its heartbeat that it cannot write',
    async () => watching.waitingFor(),
    (words) => words !== undefined && words !== '',
    30_000,
  );
  await daemon.kill();
  await server.start();
  expect((await watching.ended).verdict).toMatchObject({ ready: false, reason: 'DaemonDown' });
  expect(await conditionOf('outage', 'Ready')).toMatchObject({ status: 'False' });
}, 90_000);

test('it ends when the resource is gone', async () => {
  const input = await cluster('deleted');
  const daemon = new Daemon();
  await daemon.start();
  await remove(server.kube, CURVE_CLUSTERS, { namespace: 'deleted', name: 'c' });
  expect(await daemon.watch(input).ended).toEqual({});
  await daemon.kill();
});

test('what only a person can put back is asked for by name', async () => {
  const namespace = await makeNamespace(server, 'removed');
  const { context } = layoutOf({
    operation: { ...curveRef('c', namespace), uid: 'u', generation: 1, attempt: 1 },
    clusterId: CLUSTER_ID,
    spec: accepted(document(namespace, 'c')).spec,
    addresses: { node1: '127.0.0.1', node2: '127.0.0.1', node3: '127.0.0.1' },
  });
  const activity = controlActivity(server.kube);
  const instances = context.snapshotclone.map(({ id }) => id);
  await expect(activity.run('applyMds', { context, instances: [] })).rejects.toMatchObject({
    type: 'TemplatesMissing',
    nonRetryable: true,
    details: [{ subject: `ConfigMap ${namespace}/c-conf-default` }],
  });
  await create(server.kube, CONFIG_MAPS, {
    metadata: { namespace, name: 'c-conf-default' },
    data: { 'mds.conf': '' },
  });
  await expect(activity.run('applySnapshotclone', { context, instances })).rejects.toMatchObject({
    type: 'S3SecretUnusable',
    nonRetryable: true,
    message: `Secret ${namespace}/curve-s3 does not exist`,
    details: [{ next: expect.stringContaining(`kubectl -n ${namespace} create secret generic curve-s3 `) }],
  });
});

/** A Deployment whose pod has an image that no node can ever pull. */
async function neverStarts(namespace: string, name: string): Promise<void> {
  const labels = {
    ...componentLabels(curveRef('c'), CLUSTER_ID, { component: 'etcd', instance: 'a' }),
    'pod-template-hash': '1',
  };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'etcd', image: '%' }] } };
  await create(server.kube, DEPLOYMENTS, {
    metadata: { namespace, name, labels },
    spec: { selector: { matchLabels: labels }, template },
  });
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${name}-1`, uid: 'none' };
  const pod = { namespace, name: `${name}-x` };
  await create(server.kube, PODS, {
    metadata: { ...pod, labels, ownerReferences: [owner] },
    spec: { nodeName: 'node1', ...template.spec },
  });
  const waiting = { reason: 'InvalidImageName', message: 'couldn\'t parse image name "%"' };
  const status = {
    containerStatuses: [
      { name: 'etcd', image: '%', imageID: '', ready: false, restartCount: 0, state: { waiting } },
    ],
  };
  await apply(
    server.kube,
    PODS,
    { metadata: pod, status },
    { manager: 'kubelet', force: true, subresource: 'status' },
  );
}
