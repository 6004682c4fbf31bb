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
