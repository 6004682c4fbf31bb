import { expect, test } from 'vitest';
import type { DiskState } from '../../activities/node/contract.ts';
import { inTheWay } from './node-preflight.ts';

const disk = (path: string, device: string): DiskState => ({
  disk: {
    path,
    device,
    sizeBytes: 1,
    type: 'disk',
    identity: { kind: 'wwn', value: device, sizeBytes: 1 },
    findings: [],
  },
  stage: 'empty',
});

const OTHER = '11111111-2222-4333-8444-555555555555';
const theirs = { clusterId: OTHER, cluster: 'curve/other' };
const port = (number: number) => ({
  port: number,
  ip: '',
  service: 'mds a',
  by: 'curvebs-mds (pid 7)',
  ours: false,
});

test('a node that runs another cluster is told in one line, not in one for each of its ports and folders', () => {
  const leftovers = [
    { path: '/curvebs/.keelson.json', detail: 'owned', ...theirs },
    ...['etcd-a', 'mds-a'].map((d) => ({ path: `/curvebs/data/${d}`, detail: 'data', ...theirs })),
    { path: '/data/chunkserver0', detail: 'mounted', clusterId: OTHER },
    { path: '/etc/fstab', detail: 'a line', clusterId: OTHER },
    { path: '/etc/fstab', detail: 'another line', clusterId: OTHER },
  ];
  const ports = [6700, 6701, 6702].map((number) => ({ ...port(number), clusterId: OTHER }));
  expect(inTheWay('node1', { ports, leftovers, disks: [] }).map((v) => v.message)).toEqual([
    `node1 is in use by cluster curve/other (id ${OTHER}): /curvebs/.keelson.json, /curvebs/data/etcd-a, ` +
      '/curvebs/data/mds-a and 5 more',
  ]);
});

test('what belongs to nobody that is known keeps its own line beside another cluster', () => {
  const leftovers = [
    { path: '/curvebs/.keelson.json', detail: 'owned', ...theirs },
    { path: '/data/chunkserver1', detail: 'a folder that is not empty' },
  ];
  const found = inTheWay('node1', { ports: [{ ...port(6700), by: 'sshd' }], leftovers, disks: [] });
  expect(found.map((v) => v.message)).toEqual([
    `node1 is in use by cluster curve/other (id ${OTHER}): /curvebs/.keelson.json`,
    'port 6700 of mds a is taken on node1 by sshd',
    '/data/chunkserver1 on node1 is in the way: a folder that is not empty',
  ]);
});

test('one disk that the spec names by two paths is refused before either is formatted', () => {
  const disks = [
    disk('/dev/vdc', '/dev/sda'),
    disk('/dev/vdd', '/dev/sdb'),
    disk('/dev/disk/by-id/x', '/dev/sda'),
  ];
  expect(inTheWay('node1', { ports: [], leftovers: [], disks }).map((v) => v.message)).toEqual([
    '/dev/vdc and /dev/disk/by-id/x on node1 are the same disk (/dev/sda)',
  ]);
});
