import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDeployments } from '../../../src/kube/started.ts';
import { existingIn, existingSelector } from '../../../src/systems/curve/objects/existing.ts';
import { apply, applyOwned } from '../../../src/kube/apply.ts';
import { create } from '../../../src/kube/objects.ts';
import { CONFIG_MAPS, DEPLOYMENTS, NODES, SECRETS } from '../../../src/kube/resources.ts';
import { ANNOTATION, LABEL, clusterLabels } from '../../../src/systems/names.ts';
import { nodeFacts } from '../../../src/activities/curve/control/kubernetes-facts.ts';
import { type ApiServer, makeNamespace, startApiServer } from '../../support/api-server.ts';
import { controlActivity } from '../../support/control.ts';
import { curveRef } from '../../support/curve-ids.ts';

/** No node and no controller exist here: everything that is found was put there by the test. */
let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
});
afterAll(() => server.end());

const observe = (namespace: string, nodes: readonly string[] = [], s3Secret?: string) =>
  controlActivity(server.kube).run('observeKubernetes', {
    resource: curveRef('c', namespace),
    nodes,
    ...(s3Secret === undefined ? {} : { s3Secret }),
  });

const existingCluster = async ({ namespace, name }: { namespace: string; name: string }) =>
  existingIn(await readDeployments(server.kube, { namespace, labelSelector: existingSelector(name) }));

const deployment = (namespace: string, name: string, metadata: object, image = 'x') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace, name, ...metadata },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'x', image }] } },
  },
});

test('a missing namespace and missing nodes are facts, not errors', async () => {
  expect(await observe('nowhere', ['n1'], 's3')).toMatchObject({
    namespaceExists: false,
    nodes: [{ name: 'n1', exists: false, ready: false }],
    s3Secret: 'missing',
    existing: { daemons: [] },
  });
});

test('a node is told with address, kernel, readiness and whether it takes pods', async () => {
  await create(server.kube, NODES, { metadata: { name: 'n1' }, spec: { unschedulable: true } });
  await apply(
    server.kube,
    NODES,
    {
      metadata: { name: 'n1' },
      status: {
        addresses: [
          { type: 'Hostname', address: 'n1' },
          { type: 'InternalIP', address: '10.1.2.3' },
        ],
        conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'ok' }],
      },
    },
    { manager: 'test', force: true, subresource: 'status' },
  );
  expect((await observe('default', ['n1'])).nodes).toMatchObject([
    { name: 'n1', exists: true, ready: true, schedulable: false, ip: '10.1.2.3' },
  ]);
});

test('of a dual-stack node the IPv4 address counts, and one without is told', () => {
  const node = (...addresses: string[]) => ({
    status: { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) },
  });
  expect(nodeFacts('n', node('fd00::3', '10.1.2.3'))).toMatchObject({ ip: '10.1.2.3' });
  expect(nodeFacts('n', node('fd00::3'))).toMatchObject({ ipv6Alone: 'fd00::3' });
});

test('more nodes than are read one by one come from one list', async () => {
  const names = Array.from({ length: 30 }, (_, i) => `many-${i}`);
  await Promise.all(names.slice(1).map((name) => create(server.kube, NODES, { metadata: { name } })));
  const { nodes } = await observe('default', names);
  expect(nodes.map((node) => node.exists)).toEqual([false, ...names.slice(1).map(() => true)]);
});

test('the S3 Secret counts only with both keys in it', async () => {
  const namespace = await makeNamespace(server, 'keys');
  const data = { ak: Buffer.from('a').toString('base64') };
  await create(server.kube, SECRETS, { metadata: { namespace, name: 'half' }, data });
  await create(server.kube, SECRETS, {
    metadata: { namespace, name: 'whole' },
    data: { ...data, sk: data.ak },
  });
  expect((await observe(namespace, [], 'half')).s3Secret).toBe('incomplete');
  expect((await observe(namespace, [], 'whole')).s3Secret).toBe('usable');
  expect(await observe(namespace)).not.toHaveProperty('s3Secret');
});

test('objects of others that may stand where ours will are named with their owner', async () => {
  const namespace = await makeNamespace(server, 'taken');
  const labels = { 'app.kubernetes.io/managed-by': 'Helm', 'app.kubernetes.io/instance': 'their-app' };
  await create(server.kube, DEPLOYMENTS, deployment(namespace, 'c-etcd-a', { labels }) as never);
  await create(server.kube, CONFIG_MAPS, { metadata: { namespace, name: 'c-topology' } });
  await create(server.kube, SECRETS, { metadata: { namespace, name: 'c-s3-conf' } });
  await create(server.kube, CONFIG_MAPS, { metadata: { namespace, name: 'something-else' } });
  const { namesTaken } = await observe(namespace);
  expect(namesTaken.map(({ kind, name }) => `${kind} ${name}`).toSorted()).toEqual([
    'ConfigMap c-topology',
    'Deployment c-etcd-a',
    'Secret c-s3-conf',
  ]);
  expect(namesTaken.find(({ kind }) => kind === 'Deployment')?.owner).toContain('their-app');
});

test('our own daemons are told as existing, and their names are not taken', async () => {
  const namespace = await makeNamespace(server, 'ours');
  const clusterId = await controlActivity(server.kube).run('claimClusterId', curveRef('c', namespace));
  const labels = {
    ...clusterLabels(curveRef('c'), clusterId),
    [LABEL.component]: 'chunkserver',
    [LABEL.instance]: 'c-chunkserver-n1-vdc',
  };
  const annotations = {
    [ANNOTATION.node]: 'n1',
    [ANNOTATION.ports]: '{"port":8200}',
    [ANNOTATION.hostDataDir]: '/curvebs',
    [ANNOTATION.device]: '/dev/vdc',
    [ANNOTATION.mountPath]: '/data/0',
    [ANNOTATION.zone]: 'zone1',
  };
  await applyOwned(
    server.kube,
    deployment(namespace, 'c-chunkserver-n1-vdc', { labels, annotations }, 'curvebs:v1.2'),
    labels,
  );
  const facts = await observe(namespace);
  expect(facts).toMatchObject({ clusterId, namesTaken: [] });
  expect(facts.existing.daemons).toEqual([
    {
      role: 'chunkserver',
      name: 'c-chunkserver-n1-vdc',
      id: 'c-chunkserver-n1-vdc',
      node: 'n1',
      started: false,
      ports: { port: 8200 },
      image: 'curvebs:v1.2',
      hostDataDir: '/curvebs',
      device: '/dev/vdc',
      mountPath: '/data/0',
      zone: 'zone1',
    },
  ]);
});

test('API and workflow agree on what exists: what once ran and lost its pod, under whichever cluster id', async () => {
  const namespace = await makeNamespace(server, 'agreed');
  const labels = {
    ...clusterLabels(curveRef('c'), 'a-lost-id'),
    [LABEL.component]: 'etcd',
    [LABEL.instance]: 'a',
  };
  const annotations = { [ANNOTATION.node]: 'n1', [ANNOTATION.ports]: '{"clientPort":23790}' };
  await create(server.kube, DEPLOYMENTS, deployment(namespace, 'c-etcd-a', { labels, annotations }) as never);
  await apply(
    server.kube,
    DEPLOYMENTS,
    {
      metadata: { namespace, name: 'c-etcd-a' },
      status: { conditions: [{ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' }] },
    },
    { manager: 'kube-controller-manager', force: true, subresource: 'status' },
  );
  const { existing } = await observe(namespace);
  expect(existing.daemons).toMatchObject([{ role: 'etcd', id: 'a', node: 'n1', started: true }]);
  expect(await existingCluster({ namespace, name: 'c' })).toEqual(existing);
});

test('a curve-operator that runs anywhere is found; one scaled to nothing is not', async () => {
  const [runs, sleeps] = [await makeNamespace(server, 'runs'), await makeNamespace(server, 'sleeps')];
  const operator = (namespace: string) => deployment(namespace, 'curve-operator', {}) as never;
  await create(server.kube, DEPLOYMENTS, operator(runs));
  await create(server.kube, DEPLOYMENTS, operator(sleeps));
  await apply(
    server.kube,
    DEPLOYMENTS,
    { metadata: { namespace: sleeps, name: 'curve-operator' }, spec: { replicas: 0 } } as never,
    { manager: 'kubectl-scale', force: true },
  );
  expect((await observe('default')).curveOperators).toEqual(['runs/curve-operator']);
});
