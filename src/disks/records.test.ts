import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fsUuidOf } from './fs-uuid.ts';
import { appendFstabLine, isOurs, ownerOf, parseFstab, renderFstabLine, uuidOf } from './fstab.ts';
import { parseDiskMarker, parseOwnerFile, renderMarker } from './marker.ts';

const CLUSTER = '6f1c1a52-64de-4d0c-9f0e-0a3d5f1f7c11';
const disk = {
  clusterId: CLUSTER,
  fsUuid: 'c5d1f3a4-0000-5000-8000-000000000001',
  filesystem: 'ext4',
  mountPath: '/data/chunkserver0',
} as const;

describe('the UUID of a disk', () => {
  test('is the same whenever it is asked for', () => {
    expect(fsUuidOf(CLUSTER, 'node-1', '/dev/vdc')).toBe(fsUuidOf(CLUSTER, 'node-1', '/dev/vdc'));
    // Written down once: every disk that was ever formatted is found by it.
    expect(fsUuidOf(CLUSTER, 'node-1', '/dev/vdc')).toBe('e3c5af5b-a16a-5ffb-9259-c2a6a307d42d');
  });
  test('differs by cluster, node and path', () => {
    const uuids = [
      fsUuidOf(CLUSTER, 'node-1', '/dev/vdc'),
      fsUuidOf(CLUSTER, 'node-1', '/dev/vdd'),
      fsUuidOf(CLUSTER, 'node-2', '/dev/vdc'),
      fsUuidOf('b5a1ffb0-29b5-4b0a-8d2e-0d3a2f4c9e22', 'node-1', '/dev/vdc'),
    ];
    expect(new Set(uuids).size).toBe(4);
  });
});

describe('fstab', () => {
  test('a line of ours carries UUID, path and owner', () => {
    expect(renderFstabLine(disk)).toBe(
      `UUID=${disk.fsUuid} /data/chunkserver0 ext4 rw,nofail,errors=remount-ro,x-keelson=${CLUSTER} 0 0`,
    );
  });
  test('whatever path a line names, it is read back as it was written', () => {
    const path = fc
      .array(fc.string({ minLength: 1 }), { minLength: 1 })
      .map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(path, (mountPath) => {
        const [entry] = parseFstab(renderFstabLine({ ...disk, mountPath }));
        expect(entry && isOurs(entry, { ...disk, mountPath })).toBe(true);
      }),
    );
  });
  test('other lines stay as they are, byte for byte, also without a last line feed', () => {
    expect(appendFstabLine('# a\n\n/dev/sda1\t/  ext4', 'ours')).toBe('# a\n\n/dev/sda1\t/  ext4\nours\n');
    expect(appendFstabLine('', 'ours')).toBe('ours\n');
  });
  test.for([
    ['a comment', '# UUID=x /data ext4 defaults 0 0', []],
    ['a blank line', '   ', []],
    ['a line without options', '/dev/sda1 / ext4', [{ owner: undefined, uuid: undefined, path: '/' }]],
    [
      'a quoted UUID in capitals',
      'UUID="ABCD-1234" /boot vfat umask=0077 0 1',
      [{ owner: undefined, uuid: 'abcd-1234', path: '/boot' }],
    ],
    [
      'an escaped blank',
      '/dev/sdb1 /my\\040disk xfs defaults',
      [{ owner: undefined, uuid: undefined, path: '/my disk' }],
    ],
    ['one of ours', renderFstabLine(disk), [{ owner: CLUSTER, uuid: disk.fsUuid, path: disk.mountPath }]],
  ] as const)('%s', ([, line, expected]) =>
    expect(parseFstab(line).map((e) => ({ owner: ownerOf(e), uuid: uuidOf(e), path: e.mountPath }))).toEqual(
      expected,
    ),
  );
});

describe('markers', () => {
  const marker = { clusterId: CLUSTER, node: 'n1', device: '/dev/vdc', time: '2026-11-22T12:00:00Z' };
  test('are read back as they were written', () => {
    expect(parseDiskMarker(renderMarker(marker))).toEqual(marker);
    const owner = { clusterId: CLUSTER, cluster: 'curve/demo', time: marker.time };
    expect(parseOwnerFile(renderMarker(owner))).toEqual(owner);
  });
  test.for([
    '',
    '{',
    'null',
    '[]',
    '"text"',
    '{"clusterId":1}',
    '{"clusterId":"","node":"n","device":"d","time":"t"}',
  ])('%s is no marker', (text) => expect(parseDiskMarker(text)).toBeUndefined());
});
