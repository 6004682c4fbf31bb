import { constants, open, readFile, truncate, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { format, goalOf, identityNow, look, mkfsRuns, OTHER_CLUSTER } from '../../../test/support/format.ts';
import { type TestDisk, TestNode } from '../../../test/support/test-node.ts';
import type { DiskFinding } from '../../disks/facts.ts';

// Each look starts half a dozen short processes; a machine that builds beside the tests is slow at that.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let node: TestNode;
let disk: TestDisk;
let undo: (() => unknown)[];

beforeEach(async () => {
  undo = [];
  node = await TestNode.create();
});
afterEach(async () => {
  for (const step of undo.toReversed()) await step();
  await node.remove();
});

/** Writes bytes at an offset of the disk, past every tool. */
async function poke(at: number, bytes: Buffer | string): Promise<void> {
  await using file = await open(disk.loop, constants.O_RDWR | constants.O_SYNC);
  await file.write(Buffer.from(bytes), 0, undefined, at);
}

function u32(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4);
  numbers.forEach((n, i) => bytes.writeUInt32LE(n, i * 4));
  return bytes;
}

/** A DOS partition table with one Linux partition from 1 MiB to 65 MiB. */
async function partition(): Promise<void> {
  await poke(446, Buffer.concat([Buffer.from([0, 0, 0, 0, 0x83, 0, 0, 0]), u32(2048, 131_072)]));
  await poke(510, Buffer.from([0x55, 0xaa]));
}

/** A GUID partition table without partitions, as `sfdisk` leaves it: header and its checksum. */
async function guidTable(): Promise<void> {
  const header = Buffer.alloc(92);
  const sectors = BigInt((600 * 1024 * 1024) / 512);
  header.write('EFI PART', 0, 'latin1');
  header.writeUInt32LE(0x0001_0000, 8);
  header.writeUInt32LE(92, 12);
  header.writeBigUInt64LE(1n, 24);
  header.writeBigUInt64LE(sectors - 1n, 32);
  header.writeBigUInt64LE(34n, 40);
  header.writeBigUInt64LE(sectors - 34n, 48);
  header.write('0123456789abcdef', 56, 'latin1');
  header.writeBigUInt64LE(2n, 72);
  header.writeUInt32LE(128, 80);
  header.writeUInt32LE(128, 84);
  const { crc32 } = await import('node:zlib');
  header.writeUInt32LE(crc32(Buffer.alloc(128 * 128)), 88);
  header.writeUInt32LE(crc32(header), 16);
  await poke(446, Buffer.concat([Buffer.from([0, 0, 0, 0, 0xee, 0, 0, 0]), u32(1, Number(sectors) - 1)]));
  await poke(510, Buffer.from([0x55, 0xaa]));
  await poke(512, header);
}

const lvmLabel = Buffer.concat([
  Buffer.from('LABELONE'),
  u32(1, 0, 0, 32), // sector, then a checksum that is wrong: still an LVM label to whoever lost it
  Buffer.from('LVM2 001abcdefghijklmnopqrstuvwxyz012345'),
]);

const mdSuperblock = ((): Buffer => {
  const block = Buffer.alloc(256);
  u32(0xa92b4efc, 1).copy(block, 0);
  block.writeBigUInt64LE(8n, 144);
  return block;
})();

const bcacheMagic = Buffer.from('c68573f64e1a45ca8265f57f48ba6d81', 'hex');

interface Row {
  readonly what: string;
  readonly finding: DiskFinding['kind'];
  readonly names: RegExp;
  readonly arrange: () => Promise<void>;
  readonly sizeMib?: number;
}

const rows: readonly Row[] = [
  {
    what: 'an ext4 file system',
    finding: 'filesystem',
    names: /ext4.*labelled "old-data"/,
    arrange: async () => void (await execa('mkfs.ext4', ['-q', '-L', 'old-data', disk.loop])),
  },
  {
    what: 'a FAT boot sector',
    finding: 'filesystem',
    names: /vfat/,
    arrange: async () => {
      const sector = Buffer.alloc(512);
      Buffer.from([0xeb, 0x58, 0x90]).copy(sector, 0);
      sector.write('mkfs.fat', 3, 'latin1');
      sector.writeUInt16LE(512, 11);
      sector[13] = 8;
      sector.writeUInt16LE(32, 14);
      sector[16] = 2;
      sector[21] = 0xf8;
      sector.writeUInt32LE(1_228_800, 32);
      sector.writeUInt32LE(1200, 36);
      sector.writeUInt32LE(2, 44);
      sector.write('FAT32   ', 82, 'latin1');
      Buffer.from([0x55, 0xaa]).copy(sector, 510);
      await poke(0, sector);
    },
  },
  { what: 'a DOS partition table', finding: 'partition-table', names: /dos/, arrange: partition },
  { what: 'an empty GUID partition table', finding: 'partition-table', names: /gpt/, arrange: guidTable },
  {
    what: 'the label of an LVM physical volume',
    finding: 'signature',
    names: /LVM2_member/,
    arrange: () => poke(512, lvmLabel),
  },
  {
    what: 'the superblock of an md array',
    finding: 'signature',
    names: /linux_raid_member/,
    arrange: () => poke(4096, mdSuperblock),
  },
  {
    what: 'a Ceph BlueStore label',
    finding: 'signature',
    names: /ceph_bluestore/,
    arrange: () => poke(0, 'bluestore block device\n12345678-1234-1234-1234-123456789abc\n'),
  },
  {
    what: 'a swap area',
    finding: 'signature',
    names: /swap/,
    arrange: async () => void (await execa('mkswap', [disk.loop])),
  },
  {
    what: 'active swap space',
    finding: 'swap',
    names: /active swap space/,
    arrange: async () => {
      await execa('mkswap', [disk.loop]);
      // By the name that the node has for it: /proc/swaps shows this one.
      await execa('swapon', [disk.device]);
      undo.push(() => execa('swapoff', [disk.device]));
    },
  },
  {
    what: 'a mounted file system',
    finding: 'mounted',
    names: /mounted at \/tmp/,
    arrange: async () => {
      await execa('mkfs.ext4', ['-q', disk.loop]);
      await execa('mount', [disk.loop, node.at('/tmp')]);
    },
  },
  {
    what: 'a mount that only another mount namespace sees',
    finding: 'in-use',
    names: /held exclusively/,
    arrange: async () => {
      await execa('mkfs.ext4', ['-q', disk.loop]);
      const script = `mount ${disk.loop} ${node.at('/tmp')} && echo mounted && read line`;
      const hidden = execa('unshare', ['--mount', 'sh', '-c', script], { stdin: 'pipe', buffer: false });
      undo.push(async () => {
        hidden.stdin.end('\n');
        await hidden;
      });
      await new Promise((resolve) => hidden.stdout.once('data', resolve));
    },
  },
  {
    what: 'a process that holds it exclusively',
    finding: 'in-use',
    names: /held exclusively/,
    arrange: async () => {
      const holder = await open(disk.device, constants.O_RDONLY | constants.O_EXCL);
      undo.push(() => holder.close());
    },
  },
  {
    what: 'a process that writes to it without holding it',
    finding: 'in-use',
    names: /open for writing in process \d+ \(sh\)/,
    arrange: async () => {
      const writer = node.inside(['sh', '-c', `exec 9<>${disk.device}; echo open; read line`]);
      undo.push(() => writer.stdin.end('\n'));
      await new Promise((resolve) => writer.stdout.once('data', resolve));
    },
  },
  {
    what: 'another kernel device on top of it',
    finding: 'holder',
    names: /loop\d+/,
    arrange: async () => {
      const { stdout: upper } = await execa('losetup', ['--find', '--show', disk.loop]);
      undo.push(() => execa('losetup', ['--detach', upper]));
    },
  },
  {
    what: 'less space than the minimum',
    finding: 'too-small',
    names: /at least \d+/,
    sizeMib: 100,
    arrange: () => Promise.resolve(),
  },
  {
    what: 'a read-only device',
    finding: 'read-only',
    names: /read-only/,
    arrange: async () => {
      disk = await node.reattach(disk, 'vdc', ['--read-only']);
    },
  },
  {
    what: 'no sector that can be read',
    finding: 'unreadable',
    names: /cannot be read/,
    arrange: () => lose(0),
  },
  {
    what: 'bad sectors not far behind the first',
    finding: 'unreadable',
    names: /cannot be read/,
    arrange: () => lose(3),
  },
  {
    what: 'an ext4 file system, and bad sectors at the end that make libblkid say nothing',
    finding: 'unreadable',
    names: /cannot be read/,
    arrange: async () => {
      await execa('mkfs.ext4', ['-q', disk.loop]);
      await lose(599);
    },
  },
  {
    what: 'nothing at all, because it is gone',
    finding: 'missing',
    names: /nothing at/,
    arrange: () => node.detach(disk),
  },
  {
    what: "another cluster's marker",
    finding: 'foreign-cluster',
    names: new RegExp(OTHER_CLUSTER),
    arrange: async () => {
      const theirs = goalOf(node.host, disk, { clusterId: OTHER_CLUSTER, mountPath: '/data/theirs' });
      await format(node.host, theirs, { identity: await identityNow(node.host, theirs) });
      await node.unmountAll();
      await writeFile(node.at('/etc/fstab'), '');
    },
  },
  {
    what: 'our UUID with files of somebody else inside',
    finding: 'foreign-content',
    names: /no marker, but accounts at its root/,
    arrange: async () => {
      await execa('mkfs.ext4', ['-q', '-U', goalOf(node.host, disk).fsUuid, disk.loop]);
      await inside(async (root) => writeFile(`${root}/accounts`, 'precious'));
    },
  },
  {
    what: 'our UUID with rescued files in lost+found',
    finding: 'foreign-content',
    names: /lost\+found/,
    arrange: async () => {
      await execa('mkfs.ext4', ['-q', '-U', goalOf(node.host, disk).fsUuid, disk.loop]);
      await inside(async (root) => writeFile(`${root}/lost+found/#12`, 'precious'));
    },
  },
  {
    what: 'our UUID and a marker that is damaged',
    finding: 'foreign-content',
    names: /not ours/,
    arrange: async () => {
      await execa('mkfs.ext4', ['-q', '-U', goalOf(node.host, disk).fsUuid, disk.loop]);
      await inside(async (root) => writeFile(`${root}/.keelson.json`, '{"clusterId":'));
    },
  },
  {
    what: 'our file system beside the signature of somebody else',
    finding: 'signature',
    names: /linux_raid_member/,
    arrange: async () => {
      await execa('mkfs.ext4', ['-q', '-U', goalOf(node.host, disk).fsUuid, disk.loop]);
      // Where md 1.0 keeps its superblock: near the end, where ext4 of this size has nothing.
      const block = Buffer.from(mdSuperblock);
      const sector = (600 * 1024 * 2 - 16) & ~7;
      block.writeBigUInt64LE(BigInt(sector), 144);
      await poke(sector * 512, block);
    },
  },
];

/** Every sector behind so many MiB answers with an I/O error: a loop device does that for what its file has lost. */
async function lose(mib: number): Promise<void> {
  await execa('sync', ['--file-system', disk.image]);
  await truncate(disk.image, mib * 1024 ** 2);
  await execa('blockdev', ['--flushbufs', disk.loop]);
}

/** Changes something in the disk's file system by a mount that the node does not see any more afterwards. */
async function inside(change: (root: string) => Promise<void>): Promise<void> {
  await execa('mount', [disk.loop, node.at('/tmp')]);
  await change(node.at('/tmp'));
  await execa('umount', [node.at('/tmp')]);
}

async function fingerprint(): Promise<string> {
  const head = Buffer.alloc(8 * 1024 ** 2);
  await using file = await open(disk.image, 'r');
  await file.read(head, 0, head.length, 0);
  return createHash('sha256').update(head).digest('hex');
}

describe('a disk is refused, and not one byte is written, when it has', () => {
  test.for(rows)('$what', async ({ finding, names, arrange, sizeMib }) => {
    disk = await node.addDisk(sizeMib);
    const goal = goalOf(node.host, disk);
    const planned = await identityNow(node.host, goal);
    await arrange();
    const before = await fingerprint();
    const mkfsBefore = await mkfsRuns(node.host);

    // In the plan, and when it appeared only after the plan.
    const { stage, findings } = await look(node.host, goal);
    expect(stage).toBe('refused');
    expect(findings.map((f) => f.kind)).toContain(finding);
    expect(findings.map((f) => f.detail).join('\n')).toMatch(names);
    await expect(format(node.host, goal, { identity: planned })).rejects.toMatchObject({
      code: 'DiskRefused',
      retryable: false,
      message: expect.stringMatching(names) as string,
    });

    expect(await fingerprint()).toBe(before);
    expect(await mkfsRuns(node.host)).toBe(mkfsBefore);
  });
});

test('a regular file is refused', async () => {
  disk = await node.addDisk();
  await writeFile(`${node.host.dev}/vdz`, 'text');
  const goal = goalOf(node.host, { path: `${node.host.dev}/vdz` });
  expect((await look(node.host, goal)).findings).toEqual([
    { kind: 'not-a-block-device', detail: `${node.host.dev}/vdz is not a block device` },
  ]);
  await expect(format(node.host, goal)).rejects.toMatchObject({ code: 'DiskRefused' });
  expect(await readFile(`${node.host.dev}/vdz`, 'utf8')).toBe('text');
});

test('a partition is refused, and so is the disk that has it', async () => {
  disk = await node.addDisk();
  await partition();
  // Told by partx, because not every kernel reads partition tables itself.
  await execa('partx', ['--add', disk.loop]);
  undo.push(() => execa('partx', ['--delete', disk.loop]));
  const name = `${disk.loop.replace('/dev/', '')}p1`;
  const numbers = await readFile(`/sys/class/block/${name}/dev`, 'utf8');
  const [major = '', minor = ''] = numbers.trim().split(':');
  const path = `${node.host.dev}/${name}`;
  await execa('mknod', [path, 'b', major, minor]);

  const part = await look(node.host, goalOf(node.host, { path }));
  expect(part.findings.map((f) => f.kind)).toContain('not-a-whole-disk');
  const whole = await look(node.host, goalOf(node.host, disk));
  expect(whole.findings.map((f) => f.kind)).toEqual(expect.arrayContaining(['partition', 'partition-table']));
});

test('bcache is recognised', async () => {
  disk = await node.addDisk();
  await poke(4096 + 24, bcacheMagic);
  await poke(4096 + 8, Buffer.from([8]));
  const { stage, findings } = await look(node.host, goalOf(node.host, disk));
  expect({ stage, details: findings.map((f) => f.detail).join() }).toMatchObject({
    stage: 'refused',
    details: expect.stringContaining('bcache') as string,
  });
});
