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

test('a node of another cluster is told in one line, not in one for each port and folder', () => {
  const daemons = ['etcd-a', 'mds-a'].map((name) => ({ path: `/curvebs/data/${name}`, detail: 'data' }));
  const leftovers = [
    { path: '/curvebs/.keelson.json', detail: 'owned by cluster curve/curve (id x)', cluster: 'curve/curve' },
    ...daemons,
    { path: '/data/chunkserver0', detail: '/dev/vdc (ext4) is mounted there' },
  ];
  const ports = [23790, 6700].map((port) => ({
    port,
    ip: '',
    service: 'x',
    by: 'process 1 (x)',
    ours: false,
  }));
  expect(inTheWay('node1', { ports, leftovers, disks: [] })).toEqual([
    {
      path: 'spec',
      value: 'node1',
      message:
        'node1 belongs to the cluster curve/curve, as /curvebs/.keelson.json says; its ports 23790, 6700 are taken, ' +
        '/curvebs/data/etcd-a, /curvebs/data/mds-a, /data/chunkserver0 are in use',
      next: expect.stringContaining('name another node'),
    },
  ]);
});
