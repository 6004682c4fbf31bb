import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fsUuidOf } from './fs-uuid.ts';
import type { DiskObservation, ExtContent } from './observation.ts';
import { type DiskGoal, stageOf } from './stage.ts';

const CLUSTER = '6f1c1a52-64de-4d0c-9f0e-0a3d5f1f7c11';
const OTHER = 'b5a1ffb0-29b5-4b0a-8d2e-0d3a2f4c9e22';
const goal: DiskGoal = {
  clusterId: CLUSTER,
  node: 'n1',
  device: '/dev/vdc',
  mountPath: '/data/cs0',
  fsUuid: fsUuidOf(CLUSTER, 'n1', '/dev/vdc'),
};

const empty: DiskObservation = {
  path: '/dev/vdc',
  node: 'block',
  device: '/dev/loop3',
  sizeBytes: 2 * 1024 ** 3,
  type: 'loop',
  readOnly: false,
  isPartition: false,
  partitions: [],
  holders: [],
  mounts: [],
  isSwap: false,
  signatures: [],
  ambivalent: false,
  exclusive: 'free',
  writers: [],
};

const ourSignature = { type: 'ext4', usage: 'filesystem', uuid: goal.fsUuid };
const fresh: ExtContent = {
  uuid: goal.fsUuid,
  needsRecovery: false,
  rootEntries: ['lost+found'],
  lostAndFoundEmpty: true,
  marker: 'none',
};
const marker = { clusterId: CLUSTER, node: 'n1', device: '/dev/vdc', time: '2026-11-22T12:00:00Z' };
const marked: ExtContent = { ...fresh, rootEntries: ['lost+found', '.keelson.json', 'curve'], marker };
const here = { mountPath: '/data/cs0', fsType: 'ext4', source: '/dev/loop3', root: '/' };

const ours = (ext: ExtContent, change: Partial<DiskObservation> = {}): DiskObservation => ({
  ...empty,
  signatures: [ourSignature],
  ext,
  ...change,
});
const mounted = (ext: ExtContent): DiskObservation =>
  ours({ ...ext, needsRecovery: true }, { mounts: [here], exclusive: 'busy' });

const DONE = { folder: true, fstab: true };
const NOTHING = { folder: false, fstab: false };

describe('stageOf', () => {
  test.for([
    ['nothing on it: mkfs may run', empty, NOTHING, 'empty'],
    ['our UUID, nothing inside: mkfs had finished', ours(fresh), NOTHING, 'unfinished'],
    [
      'the same with the draft of a marker',
      ours({ ...fresh, rootEntries: ['lost+found', '.keelson.json.new'] }),
      NOTHING,
      'unfinished',
    ],
    ['the same, mounted', mounted(fresh), NOTHING, 'unfinished'],
    [
      'a journal that hides the marker',
      ours({ ...marked, needsRecovery: true, marker: 'none' }),
      NOTHING,
      'unfinished',
    ],
    [
      'a journal that holds half of the marker',
      ours({ ...marked, needsRecovery: true, marker: 'broken' }),
      NOTHING,
      'unfinished',
    ],
    ['UUID and marker', ours(marked), NOTHING, 'formatted'],
    [
      'UUID and marker, fstab line, but not mounted',
      ours(marked),
      { folder: false, fstab: true },
      'formatted',
    ],
    ['mounted without the folder for daemons', mounted(marked), { folder: false, fstab: true }, 'formatted'],
    ['mounted without the fstab line', mounted(marked), { folder: true, fstab: false }, 'formatted'],
    ['everything', mounted(marked), DONE, 'ready'],
    [
      'everything, and a daemon has bound a folder of it',
      { ...mounted(marked), mounts: [here, { ...here, mountPath: '/var/lib/kubelet/x', root: '/curve' }] },
      DONE,
      'ready',
    ],
  ] as const)('%s', ([, disk, record, stage]) =>
    expect(stageOf(disk, goal, record)).toEqual({ stage, findings: [] }),
  );

  test.for([
    [
      'files beside lost+found',
      ours({ ...fresh, rootEntries: ['lost+found', 'accounts'] }),
      'foreign-content',
      /accounts/,
    ],
    [
      'our folder, but no marker',
      ours({ ...fresh, rootEntries: ['lost+found', 'curve'] }),
      'foreign-content',
      /curve/,
    ],
    ['files in lost+found', ours({ ...fresh, lostAndFoundEmpty: false }), 'foreign-content', /lost\+found/],
    [
      'a root that cannot be read',
      ours({ ...fresh, rootEntries: undefined }),
      'foreign-content',
      /cannot be read/,
    ],
    ['a marker that cannot be read', ours({ ...marked, marker: 'broken' }), 'foreign-content', /not ours/],
    [
      'a journal beside foreign files',
      ours({ ...fresh, needsRecovery: true, rootEntries: ['lost+found', 'accounts'] }),
      'foreign-content',
      /accounts/,
    ],
    [
      "another cluster's marker",
      ours({ ...marked, marker: { ...marker, clusterId: OTHER } }),
      'foreign-cluster',
      new RegExp(OTHER),
    ],
    [
      "another node's marker",
      ours({ ...marked, marker: { ...marker, node: 'n2' } }),
      'foreign-content',
      /of \/dev\/vdc on n2/,
    ],
    [
      'a mount elsewhere',
      ours(marked, { mounts: [{ ...here, mountPath: '/mnt' }], exclusive: 'busy' }),
      'mounted-elsewhere',
      /own disk and mounted at \/mnt, not at \/data\/cs0/,
    ],
    ['an exclusive hold without a mount', ours(marked, { exclusive: 'busy' }), 'in-use', /held exclusively/],
    [
      'a second signature',
      ours(marked, { signatures: [ourSignature, { type: 'LVM2_member', usage: 'raid' }] }),
      'signature',
      /LVM2_member/,
    ],
    ['a device that has become read-only', ours(marked, { readOnly: true }), 'read-only', /read-only/],
  ] as const)('our UUID with %s is refused', ([, disk, kind, words]) => {
    const { stage, findings } = stageOf(disk, goal, DONE);
    expect(stage).toBe('refused');
    expect(findings.map((f) => f.kind)).toEqual([kind]);
    expect(findings[0]?.detail).toMatch(words);
  });

  test("a disk with another file system's UUID is foreign, whatever its marker says", () => {
    const uuid = fsUuidOf(CLUSTER, 'n1', '/dev/vdd');
    const disk = ours({ ...marked, uuid }, { signatures: [{ ...ourSignature, uuid }] });
    expect(stageOf(disk, goal, DONE)).toMatchObject({
      stage: 'refused',
      findings: [{ kind: 'filesystem' }, { kind: 'foreign-cluster' }],
    });
  });

  test('an ext superblock that libblkid keeps silent about is a file system all the same', () => {
    const disk = { ...empty, ext: { ...fresh, uuid: 'somebody-elses' } };
    expect(stageOf(disk, goal, NOTHING)).toMatchObject({
      stage: 'refused',
      findings: [{ kind: 'filesystem' }],
    });
  });

  test('whatever is found on a disk, it never counts as empty', () => {
    const something = fc.oneof(
      fc.constantFrom<Partial<DiskObservation>>(
        { node: 'missing' },
        { node: 'other' },
        { readOnly: true },
        { isPartition: true },
        { type: 'lvm' },
        { isSwap: true },
        { unreadable: 'Input/output error' },
        { ambivalent: true },
        { exclusive: 'busy' },
        { exclusive: 'unknown' },
        { mounts: [here] },
        { writers: [{ pid: 1, command: 'x' }] },
      ),
      fc.nat(512 * 1024 ** 2 - 1).map((sizeBytes) => ({ sizeBytes })),
      fc.array(fc.string(), { minLength: 1 }).map((partitions) => ({ partitions })),
      fc.array(fc.string(), { minLength: 1 }).map((holders) => ({ holders })),
      fc
        .array(fc.record({ type: fc.string(), usage: fc.string() }), { minLength: 1 })
        .map((signatures) => ({ signatures })),
    );
    fc.assert(
      fc.property(fc.array(something, { minLength: 1 }), (found) => {
        const disk: DiskObservation = Object.assign({}, empty, ...found);
        const { stage, findings } = stageOf(disk, goal, DONE);
        expect(stage).toBe('refused');
        expect(findings).not.toEqual([]);
      }),
    );
  });
});
