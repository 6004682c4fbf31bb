import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fsUuidOf } from './fs-uuid.ts';
import type { FilesystemType } from './filesystems.ts';
import type { DiskObservation, FilesystemContent } from './observation.ts';
import { type FilesystemGoal, rawStageOf, stageOf } from './stage.ts';

const CLUSTER = '6f1c1a52-64de-4d0c-9f0e-0a3d5f1f7c11';
const OTHER = 'b5a1ffb0-29b5-4b0a-8d2e-0d3a2f4c9e22';
const goal: FilesystemGoal = {
  clusterId: CLUSTER,
  node: 'n1',
  device: '/dev/vdc',
  mountPath: '/data/cs0',
  fsUuid: fsUuidOf(CLUSTER, 'n1', '/dev/vdc'),
  filesystem: 'ext4',
  minBytes: 512 * 1024 ** 2,
  daemonFolder: 'curve',
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
const fresh: FilesystemContent = {
  type: 'ext4',
  uuid: goal.fsUuid,
  needsRecovery: false,
  rootEntries: ['lost+found'],
  filledFolders: [],
  marker: 'none',
};
const marker = { clusterId: CLUSTER, node: 'n1', device: '/dev/vdc', time: '2026-11-22T12:00:00Z' };
const marked: FilesystemContent = { ...fresh, rootEntries: ['lost+found', '.keelson.json', 'curve'], marker };
const here = { mountPath: '/data/cs0', fsType: 'ext4', source: '/dev/loop3', root: '/' };

const ours = (filesystem: FilesystemContent, change: Partial<DiskObservation> = {}): DiskObservation => ({
  ...empty,
  signatures: [ourSignature],
  filesystem,
  ...change,
});
const mounted = (filesystem: FilesystemContent): DiskObservation =>
  ours({ ...filesystem, needsRecovery: true }, { mounts: [here], exclusive: 'busy' });

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
    [
      'files in lost+found',
      ours({ ...fresh, filledFolders: ['lost+found'] }),
      'foreign-content',
      /lost\+found/,
    ],
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

  test('our UUID in another kind of file system than is wanted is refused, whatever its marker says', () => {
    const wanted = { ...goal, filesystem: 'xfs' as FilesystemType };
    expect(stageOf(mounted(marked), wanted, DONE)).toEqual({
      stage: 'refused',
      findings: [
        {
          kind: 'foreign-content',
          detail: "the file system on /dev/vdc holds this cluster's UUID as ext4, where xfs is wanted",
        },
      ],
    });
  });

  test('what is too small for one use is empty for another', () => {
    const { sizeBytes } = empty;
    const kinds = (minBytes: number) =>
      stageOf(empty, { ...goal, minBytes }, NOTHING).findings.map((f) => f.kind);
    expect(kinds(sizeBytes)).toEqual([]);
    expect(kinds(sizeBytes + 1)).toEqual(['too-small']);
  });

  test('the folder for daemons counts as ours under the name that the goal gives it', () => {
    const disk = ours({
      ...fresh,
      needsRecovery: true,
      rootEntries: ['lost+found', '.keelson.json', 'daemons'],
    });
    expect(stageOf(disk, { ...goal, daemonFolder: 'daemons' }, NOTHING).stage).toBe('unfinished');
    expect(stageOf(disk, goal, NOTHING).stage).toBe('refused');
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
    const disk = { ...empty, filesystem: { ...fresh, uuid: 'somebody-elses' } };
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

describe('a disk that stays without a file system', () => {
  const use = { kind: 'raw', minBytes: 512 * 1024 ** 2 } as const;
  test.for([
    ['nothing on it', empty, 'empty', []],
    ['our own file system', ours(marked), 'refused', ['filesystem', 'foreign-cluster']],
    [
      'an LVM label',
      { ...empty, signatures: [{ type: 'LVM2_member', usage: 'raid' }] },
      'refused',
      ['signature'],
    ],
    ['less space than is needed', { ...empty, sizeBytes: 1024 }, 'refused', ['too-small']],
  ] as const)('%s', ([, disk, stage, kinds]) => {
    const verdict = rawStageOf(disk, use);
    expect({ stage: verdict.stage, kinds: verdict.findings.map((f) => f.kind) }).toEqual({ stage, kinds });
  });
});
