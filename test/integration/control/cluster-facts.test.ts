import { afterAll, beforeAll, expect, test } from 'vitest';
import { apply } from '../../../src/kube/apply.ts';
import { create } from '../../../src/kube/objects.ts';
import { DEPLOYMENTS, PODS } from '../../../src/kube/resources.ts';
import { layoutOf } from '../../../src/systems/curve/layout.ts';
import { componentLabels } from '../../../src/systems/curve/names.ts';
import { type ApiServer, makeNamespace, startApiServer } from '../../support/api-server.ts';
import { controlActivity } from '../../support/control.ts';
import { CLUSTER_ID, LEAST, SNAPSHOTS, accepted, changed } from '../../support/curve-documents.ts';
import { curveRef } from '../../support/curve-ids.ts';

/** No daemon runs, and no port of this machine belongs to one: every question gets an answer at once. */
const UNUSED = { etcd: { peerPort: 1, clientPort: 2 }, mds: { port: 3, dummyPort: 4 } };

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
});
afterAll(() => server.end());

test('a part of the look that only a person can mend makes Ready False with its words, and hides no other part', async () => {
  const namespace = await makeNamespace(server, 'mended');
  const document = changed(LEAST, ['spec'], {
    ...LEAST.spec,
    ...UNUSED,
    snapShotClone: { ...SNAPSHOTS, port: 5, dummyPort: 6, proxyPort: 7 },
  });
  const { context, storage } = layoutOf({
    operation: { ...curveRef('c', namespace), uid: 'u', generation: 1, attempt: 1 },
    clusterId: CLUSTER_ID,
    spec: accepted(document).spec,
    addresses: { node1: '127.0.0.1', node2: '127.0.0.1', node3: '127.0.0.1' },
  });
  await neverStarts(namespace, 'c-etcd-a');

  const { checks } = await controlActivity(server.kube).run('observeCluster', { context, storage });
  expect(checks).toContainEqual({
    reason: 'EtcdUnhealthy',
    holds: false,
    detail: expect.stringContaining('c-etcd-a-x can never start: InvalidImageName'),
  });
  expect(checks).toContainEqual({
    reason: 'SnapshotcloneUnhealthy',
    holds: false,
    detail: expect.stringContaining(`Secret ${namespace}/curve-s3 does not exist`),
  });
  expect(checks).toContainEqual({
    reason: 'MdsUnhealthy',
    holds: false,
    detail: expect.stringContaining('Deployment c-mds-a does not exist'),
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
