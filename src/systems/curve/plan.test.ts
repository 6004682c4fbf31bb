import { expect, test } from 'vitest';
import { accepted, LEAST, layoutFor } from '../../../test/support/curve-documents.ts';
import { formatJob, poolJob, templatesJob } from './objects/jobs.ts';
import { isPlanned, plannedObjects } from './plan.ts';

const layout = layoutFor(accepted(LEAST).spec);
const plan = plannedObjects(layout);

test('a plan names every instance with its ports', () => {
  expect(plan.instances.filter((i) => i.node === 'node2')).toEqual([
    { role: 'etcd', id: 'b', node: 'node2', ports: { peerPort: 23800, clientPort: 23790 } },
    { role: 'mds', id: 'b', node: 'node2', ports: { port: 6700, dummyPort: 7700 } },
    { role: 'chunkserver', id: '/dev/vdc', node: 'node2', ports: { port: 8200 } },
  ]);
});

test('a plan groups nodes by zone', () => {
  expect(plan.details).toEqual({
    'pool pool1': '100 copysets; zone1 = node1; zone2 = node2; zone3 = node3',
  });
});

test('a plan names the objects', () => {
  expect(plan.objects).toContainEqual({ kind: 'Deployment', name: 'my-chunkserver-node3-vdc' });
  expect(plan.objects).toContainEqual({ kind: 'ConfigMap', name: 'my-keelson' });
});

test('every Job that is ever made is planned, in whichever attempt', () => {
  const { context, storage } = layout;
  const jobs = [1, 12].flatMap((attempt) => [
    templatesJob(context, attempt),
    ...storage.flatMap((node) => node.disks.map((disk) => formatJob(context, node, disk, attempt))),
    poolJob(context, layout, 'physical-pool', attempt),
    poolJob(context, layout, 'logical-pool', attempt),
  ]);
  const names = jobs.map(({ kind = '', metadata }) => ({ kind, name: metadata?.name ?? '' }));
  expect(names.filter((name) => !isPlanned(layout)(name))).toEqual([]);
});
