import { afterAll, beforeAll, expect, test } from 'vitest';
import { apply } from '../../../src/kube/apply.ts';
import { create } from '../../../src/kube/objects.ts';
import { CONFIG_MAPS, DEPLOYMENTS, PODS } from '../../../src/kube/resources.ts';
import { type CurveLayout, layoutOf } from '../../../src/systems/curve/layout.ts';
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

/** A cluster with snapshots, of which nothing exists. */
async function nothingYet(
  prefix: string,
): Promise<{ namespace: string } & Pick<CurveLayout, 'context' | 'storage'>> {
  const namespace = await makeNamespace(server, prefix);
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
  return { namespace, context, storage };
}

test('a part of the look that only a person can correct makes Ready False with its words, and hides no other part', async () => {
  const { namespace, context, storage } = await nothingYet('corrected');
  await neverStarts(namespace, 'c-etcd-a');

  const { checks } = await controlActivity(server.kube).run('observeCluster', { context, storage });
  expect(checks).toContainEqual({
    reason: 'EtcdUnhealthy',
    holds: false,
    detail: expect.stringMatching(/c-etcd-a-x can never start: InvalidImageName.*\. Next: correct the image/),
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

test('what only a person can put back is asked for by name', async () => {
  const { namespace, context } = await nothingYet('removed');
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
