import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import {
  auditOf,
  CLUSTER,
  format,
  formatInChild,
  goalOf,
  hashSeed,
  identityNow,
  look,
  mkfsRuns,
} from '../../../test/support/format.ts';
import { HeldTool } from '../../../test/support/held-tool.ts';
import { type TestDisk, TestNode } from '../../../test/support/test-node.ts';
import { readSuperblock } from '../filesystems/ext-superblock.ts';
import { mountAt, readMountTable } from '../mounts/mount-table.ts';
import type { Host } from '../host.ts';
import { NodeError } from '../node-error.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let node: TestNode;
let disk: TestDisk;
let held: HeldTool | undefined;

beforeEach(async () => {
  node = await TestNode.create();
  disk = await node.addDisk();
});
afterEach(async () => {
  await held?.remove();
  held = undefined;
  await node.remove();
});

describe('an empty disk', () => {
  test('becomes formatted, marked, mounted and recorded in fstab; a second call finds it ready', async () => {
    const goal = goalOf(node.host, disk);
    await writeFile(node.at('/etc/fstab'), '# mine\n/dev/sda1 / ext4 defaults 0 1', { mode: 0o640 });

    const identity = await identityNow(node.host, goal);
    expect(await format(node.host, goal, { identity })).toEqual({ formatted: true });

    expect((await look(node.host, goal)).stage).toBe('ready');
    expect(JSON.parse(await readFile(node.at('/data/chunkserver0/.keelson.json'), 'utf8'))).toEqual({
      clusterId: CLUSTER,
      node: 'node-1',
      device: disk.path,
      time: expect.any(String) as string,
    });
    const line = `UUID=${goal.fsUuid} /data/chunkserver0 ext4 rw,nofail,errors=remount-ro,x-keelson=${CLUSTER} 0 0`;
    expect(await readFile(node.at('/etc/fstab'), 'utf8')).toBe(
      `# mine\n/dev/sda1 / ext4 defaults 0 1\n${line}\n`,
    );
    expect(await readFile(node.at('/etc/fstab.keelson-backup'), 'utf8')).toBe(
      '# mine\n/dev/sda1 / ext4 defaults 0 1',
    );
    expect(await readSuperblock(disk.loop)).toMatchObject({ uuid: goal.fsUuid, reservedBlocks: 0 });

    expect(await format(node.host, goal)).toEqual({ formatted: false });
    expect(await mkfsRuns(node.host)).toBe(1);
  });

  test('gets the folder for daemons that the order names, and is ready by that folder alone', async () => {
    const goal = goalOf(node.host, disk, { daemonFolder: 'daemons' });
    await format(node.host, goal, { identity: await identityNow(node.host, goal) });
    expect(await readdir(node.at('/data/chunkserver0'))).toEqual(
      expect.arrayContaining(['.keelson.json', 'daemons', 'lost+found']),
    );
    expect((await look(node.host, goal)).stage).toBe('ready');
    expect((await look(node.host, { ...goal, daemonFolder: 'others' })).stage).toBe('formatted');
  });

  test('is refused when it is smaller than the order says, although it was large enough for the plan', async () => {
    const goal = goalOf(node.host, disk);
    const identity = await identityNow(node.host, goal);
    const greedy = { ...goal, minBytes: identity.sizeBytes + 1 };
    await expect(format(node.host, greedy, { identity })).rejects.toMatchObject({
      code: 'DiskRefused',
      message: expect.stringContaining(`at least ${greedy.minBytes} are needed`) as string,
    });
    expect(await mkfsRuns(node.host)).toBe(0);
  });

  test('leaves a record of every write, before and after it', async () => {
    const goal = goalOf(node.host, disk);
    await format(node.host, goal, { identity: await identityNow(node.host, goal) });
    const records = await auditOf(node.host);
    expect(records.map((r) => [r.event, r.command[0], r.exitCode])).toEqual([
      ['will-run', 'mkfs.ext4', undefined],
      ['ran', 'mkfs.ext4', 0],
      ['will-run', 'tune2fs', undefined],
      ['ran', 'tune2fs', 0],
    ]);
    expect(records[0]).toMatchObject({
      node: 'node-1',
      order: { clusterId: CLUSTER },
      path: disk.path,
      device: disk.device,
      identity: { kind: 'boot', backingFile: disk.image },
    });
    expect(records.flatMap((r) => r.command)).not.toContain('-F');
  });

  test('is not touched while something occupies its mount path', async () => {
    const goal = goalOf(node.host, disk);
    const identity = await identityNow(node.host, goal);
    await execa('mkdir', ['-p', node.at('/data/chunkserver0/photos')]);
    await expect(format(node.host, goal, { identity })).rejects.toMatchObject({
      code: 'MountPathTaken',
      message: expect.stringContaining('photos') as string,
    });
    expect(await mkfsRuns(node.host)).toBe(0);
  });

  test("is not touched while somebody else's line in fstab names its mount path", async () => {
    const goal = goalOf(node.host, disk);
    const identity = await identityNow(node.host, goal);
    await writeFile(node.at('/etc/fstab'), '/dev/sdq1 /data/chunkserver0 xfs defaults 0 0\n');
    await expect(format(node.host, goal, { identity })).rejects.toMatchObject({ code: 'FstabConflict' });
    expect(await mkfsRuns(node.host)).toBe(0);
  });

  test('is mounted where a link on the host leads, not where it would lead from here', async () => {
    const goal = goalOf(node.host, disk);
    await execa('ln', ['-s', '/mnt/big', node.at('/data')]);
    await format(node.host, goal, { identity: await identityNow(node.host, goal) });
    expect((await look(node.host, goal)).stage).toBe('ready');
    const mount = mountAt(await readMountTable(node.host), '/mnt/big/chunkserver0');
    expect(mount?.source).toBe(disk.device);
  });

  test('is unmounted again when the mount does not reach the host', async () => {
    const goal = goalOf(node.host, disk);
    const identity = await identityNow(node.host, goal);
    // A worker without mount propagation: its mounts stay its own, the host's mount table does not show them.
    const script = `mount --make-rprivate / && exec ${process.execPath} test/support/format-child.ts "$1"`;
    const argument = JSON.stringify({ host: node.host, goal, identity });
    const { exitCode, stderr } = await execa('unshare', ['--mount', 'sh', '-c', script, 'sh', argument], {
      reject: false,
    });
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('MountNotPropagated') as string,
    });
    expect((await look(node.host, goal)).stage).toBe('unfinished');
  });
});

describe('the identity that was planned', () => {
  test('is needed: without it an empty disk is not formatted', async () => {
    await expect(format(node.host, goalOf(node.host, disk))).rejects.toMatchObject({
      code: 'IdentityMissing',
    });
    expect(await mkfsRuns(node.host)).toBe(0);
  });

  test('stops the work when another disk stands at the path in the same boot', async () => {
    const goal = goalOf(node.host, disk);
    const identity = await identityNow(node.host, goal);
    const other = await node.addDisk();
    await node.detach(disk);
    await node.reattach(other, 'vdc');
    await expect(format(node.host, goal, { identity })).rejects.toMatchObject({
      code: 'IdentityChanged',
      retryable: false,
    });
    expect(await mkfsRuns(node.host)).toBe(0);
  });

  test('stops the work when the hardware says that it is another disk', async () => {
    const goal = goalOf(node.host, disk);
    const { sizeBytes } = await identityNow(node.host, goal);
    const identity = { kind: 'wwn', value: '0x5000c500a1b2c3d4', sizeBytes } as const;
    await expect(format(node.host, goal, { identity })).rejects.toMatchObject({ code: 'IdentityChanged' });
  });

  test('is taken again after a reboot, and the outcome says so', async () => {
    const goal = goalOf(node.host, disk);
    const identity = await identityNow(node.host, goal);
    await node.reboot();
    await node.reattach(disk, 'vdc');
    const outcome = await format(node.host, goal, { identity });
    expect(outcome.formatted).toBe(true);
    expect(outcome.note).toMatch(/identity taken again after a reboot of node-1: planned .* found /);
  });

  test('is not taken again for a disk of another size', async () => {
    const goal = goalOf(node.host, disk);
    const identity = await identityNow(node.host, goal);
    await node.detach(disk);
    const larger = await node.addDisk(700);
    await node.reattach(larger, 'vdc');
    await node.reboot();
    await expect(format(node.host, goal, { identity })).rejects.toMatchObject({ code: 'IdentityChanged' });
  });
});

describe('killed with -9, the next attempt finishes the disk and mkfs has run once', () => {
  test.for([
    ['mkfs.ext4', 'after', 1, 'unfinished', 'between mkfs and its report'],
    ['e2fsck', 'before', 1, 'unfinished', 'before the check'],
    ['tune2fs', 'after', 1, 'unfinished', 'after the reserved blocks were given back'],
    ['mount', 'before', 1, 'unfinished', 'before the mount'],
    ['mount', 'after', 1, 'unfinished', 'between mount and marker'],
    ['flock', 'before', 2, 'formatted', 'between marker and fstab'],
    ['flock', 'after', 2, 'formatted', 'under the lock of fstab'],
  ] as const)('%s, %s its work, call %s: the disk is %s (%s)', async ([tool, when, call, stage]) => {
    const goal = goalOf(node.host, disk);
    const identity = await identityNow(node.host, goal);
    held = await HeldTool.wrap(node.host, tool, when, call);
    const first = formatInChild(held.host, goal, identity);
    await held.reached();
    first.kill('SIGKILL');
    await first;
    const seed = await hashSeed(disk.loop);
    await held.letGo();

    expect((await look(node.host, goal)).stage).toBe(stage);
    expect(await format(node.host, goal, { identity })).toEqual({ formatted: false });
    expect((await look(node.host, goal)).stage).toBe('ready');
    expect(await hashSeed(disk.loop)).toBe(seed);
    expect(await mkfsRuns(node.host)).toBe(1);
  });

  test('before mkfs: the disk is still empty and is formatted by the next attempt', async () => {
    const goal = goalOf(node.host, disk);
    const identity = await identityNow(node.host, goal);
    held = await HeldTool.wrap(node.host, 'mkfs.ext4', 'before');
    const first = formatInChild(held.host, goal, identity);
    await held.reached();
    first.kill('SIGKILL');
    await first;
    // The order to format outlives the worker that gave it; whoever comes next waits for it and finds it done.
    const next = format(node.host, goal, { identity });
    await held.letGo();
    expect(await next).toEqual({ formatted: false });
    expect(await mkfsRuns(node.host)).toBe(1);
  });
});

describe('mkfs itself is cut off', () => {
  test.for([1, 2, 4, 8, 16, 32])(
    'after about %s ms: the next attempt makes a whole file system',
    async (delay) => {
      const goal = goalOf(node.host, disk);
      const identity = await identityNow(node.host, goal);
      const { stdout: real } = await execa('which', ['mkfs.ext4']);
      const folder = node.at('/tmp');
      await writeFile(
        `${folder}/mkfs.ext4`,
        `#!/bin/sh\nexec timeout -s KILL ${delay / 1000} ${real} "$@"\n`,
        {
          mode: 0o755,
        },
      );
      const cut = { ...node.host, toolPath: `${folder}:${node.host.toolPath}` };
      const first = await format(cut, goal, { identity }).catch((error: unknown) => error);
      // A late fault finds mkfs done.
      expect([{ code: 'ToolFailed', retryable: true }, { formatted: true }]).toContainEqual(
        first instanceof NodeError ? { code: first.code, retryable: first.retryable } : first,
      );
      // It had not begun to be ours, or it was whole and the fault came before its end was told: nothing between.
      expect(['empty', 'unfinished', 'ready']).toContain((await look(node.host, goal)).stage);

      await format(node.host, goal, { identity });
      expect((await look(node.host, goal)).stage).toBe('ready');
      await node.unmountAll();
      expect((await execa('e2fsck', ['-f', '-n', disk.loop])).exitCode).toBe(0);
    },
  );
});

describe('a second attempt beside the first', () => {
  test('waits for it and finds what it did, in one process', async () => {
    const goal = goalOf(node.host, disk);
    const identity = await identityNow(node.host, goal);
    held = await HeldTool.wrap(node.host, 'mkfs.ext4', 'before');
    const first = format(held.host, goal, { identity });
    await held.reached();
    const second = format(node.host, goal, { identity });
    await eventually('the second attempt waits for the lock', waiters, (n) => n === 1, 20_000);
    await held.letGo();
    expect([await first, await second]).toEqual([{ formatted: true }, { formatted: false }]);
    expect(await mkfsRuns(node.host)).toBe(1);
  });

  test('waits for the mkfs of a worker that was killed, and can be cancelled meanwhile', async () => {
    const goal = goalOf(node.host, disk);
    const identity = await identityNow(node.host, goal);
    held = await HeldTool.wrap(node.host, 'mkfs.ext4', 'before');
    const first = formatInChild(held.host, goal, identity);
    await held.reached();
    first.kill('SIGKILL');
    await first;

    const stop = new AbortController();
    const second = format(node.host, goal, { identity, signal: stop.signal });
    await eventually('the second attempt waits for the lock', waiters, (n) => n === 1, 20_000);
    stop.abort(new Error('cancelled'));
    await expect(second).rejects.toThrow('cancelled');
    await held.letGo();
    expect(await format(node.host, goal, { identity })).toEqual({ formatted: false });
    expect(await mkfsRuns(node.host)).toBe(1);
  });

  /** Processes that wait for the lock of the test's disk: /proc/locks marks them with an arrow. */
  async function waiters(): Promise<number> {
    const { ino } = await stat(disk.device);
    const lines = (await readFile('/proc/locks', 'utf8')).split('\n');
    return lines.filter((line) => line.includes('->') && line.includes(`:${ino} `)).length;
  }
});

test('a cancellation during mkfs does not interrupt it', async () => {
  const goal = goalOf(node.host, disk);
  const identity = await identityNow(node.host, goal);
  held = await HeldTool.wrap(node.host, 'mkfs.ext4', 'before');
  const stop = new AbortController();
  const attempt = format(held.host, goal, { identity, signal: stop.signal });
  await held.reached();
  stop.abort(new Error('cancelled'));
  await held.letGo();
  await expect(attempt).rejects.toThrow('cancelled');
  expect((await auditOf(node.host)).at(-1)).toMatchObject({ event: 'ran', exitCode: 0 });
  expect((await look(node.host, goal)).stage).toBe('unfinished');
});

describe('after a reboot', () => {
  test('the disk is found by its UUID under another name', async () => {
    const goal = goalOf(node.host, disk);
    await format(node.host, goal, { identity: await identityNow(node.host, goal) });
    await node.reboot();
    const other = await node.addDisk();
    await node.reattach(disk, 'vde');
    await node.reattach(other, 'vdc');

    expect((await look(node.host, goal)).stage).toBe('formatted');
    expect(await format(node.host, goal)).toEqual({ formatted: false });
    expect((await look(node.host, goal)).stage).toBe('ready');
    expect(await mkfsRuns(node.host)).toBe(1);
  });

  test('two disks with its UUID are refused: one of them is a copy', async () => {
    const goal = goalOf(node.host, disk);
    await format(node.host, goal, { identity: await identityNow(node.host, goal) });
    await node.reboot();
    const copy = await node.addDisk();
    await execa('cp', ['--sparse=always', disk.image, copy.image]);
    await node.reattach(copy, 'vdd');
    const { stage, findings } = await look(node.host, goal);
    expect(stage).toBe('refused');
    expect(findings[0]?.detail).toContain('on several disks');
    await expect(format(node.host, goal)).rejects.toMatchObject({ code: 'DiskRefused' });
  });

  test('a power cut before the marker leaves a journal that is replayed, not a disk that is refused', async () => {
    const goal = goalOf(node.host, disk);
    await execa('mkfs.ext4', ['-q', '-U', goal.fsUuid, disk.loop]);
    await cutWhileMounted(async (root) => void (await execa('sync', ['-f', root])));
    expect(await readSuperblock(disk.loop)).toMatchObject({ needsRecovery: true });

    expect((await look(node.host, goal)).stage).toBe('unfinished');
    expect(await format(node.host, goal)).toEqual({ formatted: false });
    expect((await look(node.host, goal)).stage).toBe('ready');
    expect((await auditOf(node.host)).map((r) => r.command.join(' '))).toContain(
      `e2fsck -p -E journal_only ${disk.device}`,
    );
  });

  test('a marker that is in the journal only is found', async () => {
    const goal = goalOf(node.host, disk);
    await format(node.host, goal, { identity: await identityNow(node.host, goal) });
    await node.unmountAll();
    // Back to the state of a disk whose marker was committed just before the cut.
    await execa('mount', [disk.loop, node.at('/tmp')]);
    await rm(node.at('/tmp/.keelson.json'));
    await rm(node.at('/tmp/curve'), { recursive: true });
    await execa('umount', [node.at('/tmp')]);
    const marker = `{"clusterId":"${CLUSTER}","node":"node-1","device":"${disk.path}","time":"2026-01-01T00:00:00Z"}`;
    await cutWhileMounted(async (root) => {
      await writeFile(`${root}/.keelson.json`, marker);
      await execa('sync', [`${root}/.keelson.json`]);
    });
    expect(['unfinished', 'formatted']).toContain((await look(node.host, goal)).stage);
    expect(await format(node.host, goal)).toEqual({ formatted: false });
    expect(await readFile(node.at('/data/chunkserver0/.keelson.json'), 'utf8')).toBe(marker);
    expect((await look(node.host, goal)).stage).toBe('ready');
  });

  test("somebody's files that are in the journal only are found before anything is written", async () => {
    const goal = goalOf(node.host, disk);
    await execa('mkfs.ext4', ['-q', '-U', goal.fsUuid, disk.loop]);
    await cutWhileMounted(async (root) => {
      await writeFile(`${root}/accounts`, 'precious');
      await execa('sync', [`${root}/accounts`]);
    });
    await expect(format(node.host, goal)).rejects.toMatchObject({
      code: 'DiskRefused',
      message: expect.stringContaining('accounts') as string,
    });
    await execa('mount', ['-o', 'ro', disk.loop, node.at('/tmp')]);
    expect(await readFile(node.at('/tmp/accounts'), 'utf8')).toBe('precious');
  });

  /** Takes the disk's bytes as they are while it is mounted: what a power cut leaves. */
  async function cutWhileMounted(change: (root: string) => Promise<void>): Promise<void> {
    await execa('mount', [disk.loop, node.at('/tmp')]);
    await change(node.at('/tmp'));
    await execa('blockdev', ['--flushbufs', disk.loop], { reject: false });
    await execa('cp', ['--sparse=always', disk.image, `${disk.image}.cut`]);
    await execa('umount', [node.at('/tmp')]);
    await node.detach(disk);
    await execa('mv', [`${disk.image}.cut`, disk.image]);
    disk = await node.attach(disk.image, 'vdc');
  }
});

describe('what a tool of the node does', () => {
  let folder: string | undefined;
  afterEach(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true });
    folder = undefined;
  });

  /** The node with programs of this test in front of the real ones. */
  async function replacing(scripts: Readonly<Record<string, string>>): Promise<Host> {
    folder = await mkdtemp(join(tmpdir(), 'keelson-replaced-'));
    for (const [tool, script] of Object.entries(scripts))
      await writeFile(`${folder}/${tool}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return { ...node.host, toolPath: `${folder}:${node.host.toolPath}` };
  }

  test('a new file system that its check finds broken is never mounted, and the disk is named', async () => {
    const goal = goalOf(node.host, disk);
    const identity = await identityNow(node.host, goal);
    const host = await replacing({ e2fsck: 'echo "bad block 7"; exit 4' });
    await expect(format(host, goal, { identity })).rejects.toMatchObject({
      code: 'FilesystemNotClean',
      retryable: false,
      message: expect.stringContaining('is not clean: bad block 7') as string,
      failure: { next: expect.stringContaining('wipefs --all') as string },
    });
    expect(mountAt(await readMountTable(node.host), goal.mountPath)).toBeUndefined();
  });

  test('a mount that only the worker sees is taken back, and says what the worker needs', async () => {
    const goal = goalOf(node.host, disk);
    const identity = await identityNow(node.host, goal);
    // In a namespace of its own, as in a container without propagation; with it the mount is gone again.
    const host = await replacing({ mount: 'exec unshare --mount /bin/mount "$@"', umount: 'exit 0' });
    await expect(format(host, goal, { identity })).rejects.toMatchObject({
      code: 'MountNotPropagated',
      retryable: false,
      failure: { next: expect.stringContaining('Bidirectional') as string },
    });
    expect((await look(node.host, goal)).stage).not.toBe('ready');
  });
});
