import { mkdir, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { auditOf, CLUSTER, format, goalOf, identityNow } from '../../../test/support/format.ts';
import { type TestDisk, TestNode } from '../../../test/support/test-node.ts';
import type { FilesystemGoal } from '../../disks/stage.ts';
import { countGrowing, emptyPool, inspectPool } from './pools.ts';
import { crc32c, parsePoolMeta, poolMetaCrc } from './pool-meta.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const CHUNK = 16_781_312;
const META = { chunkSize: 16_777_216, metaPageSize: 4096, path: '/curvebs/chunkserver/data/chunkfilepool' };

/** As curve_format writes it: JSON, zero-padded to a page. */
function metaFile(change: object = {}): Buffer {
  const { chunkSize, metaPageSize, path } = META;
  const json = { chunkSize, metaPageSize, chunkfilepool_path: path, crc: poolMetaCrc(META), ...change };
  const page = Buffer.alloc(4096);
  page.write(JSON.stringify(json, undefined, '\t'));
  return page;
}

describe('chunkfilepool.meta', () => {
  test('the checksum is CRC32C', () => expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283));
  test('is read when its checksum is right', () => expect(parsePoolMeta(metaFile())).toEqual(META));
  test('of 2.7 carries the block size in its checksum', () => {
    const meta = { ...META, blockSize: 4096 };
    expect(parsePoolMeta(metaFile({ blockSize: 4096, crc: poolMetaCrc(meta) }))).toEqual(meta);
    expect(parsePoolMeta(metaFile({ blockSize: 4096 }))).toBeUndefined();
  });
  test.for([
    ['a wrong checksum', metaFile({ crc: 1 })],
    ['another path under the same checksum', metaFile({ chunkfilepool_path: '/elsewhere' })],
    ['half of a page', metaFile().subarray(0, 20)],
    ['zeros', Buffer.alloc(4096)],
    ['nothing', Buffer.alloc(0)],
    ['JSON of another kind', Buffer.from('null')],
  ] as const)('%s is broken', ([, bytes]) => expect(parsePoolMeta(bytes)).toBeUndefined());
});

describe('a pool', () => {
  let node: TestNode;
  let disk: TestDisk;
  let goal: FilesystemGoal;
  const folder = (): string => node.at('/data/chunkserver0/curve');
  const never = new AbortController().signal;
  const empty = () => emptyPool(node.host, goal, { clusterId: CLUSTER }, never);
  const look = () => inspectPool(node.host, goal);

  beforeAll(async () => {
    node = await TestNode.create();
    disk = await node.addDisk();
    goal = goalOf(node.host, disk);
    await format(node.host, goal, { identity: await identityNow(node.host, goal) });
    return () => node.remove();
  });
  beforeEach(async () => {
    for (const name of await readdir(folder())) await rm(`${folder()}/${name}`, { recursive: true });
  });

  async function fill(sizes: Record<string, number>): Promise<void> {
    await mkdir(`${folder()}/chunkfilepool`, { recursive: true });
    for (const [name, size] of Object.entries(sizes)) {
      await writeFile(`${folder()}/chunkfilepool/${name}`, '');
      await truncate(`${folder()}/chunkfilepool/${name}`, size);
    }
  }

  test('that was never begun has nothing', async () => {
    const { fsBytes, ...rest } = await look();
    expect(rest).toEqual({
      device: disk.path,
      mountPath: '/data/chunkserver0',
      mounted: true,
      meta: 'missing',
      chunks: 0,
      strays: 0,
      inUse: false,
    });
    expect(fsBytes).toBeGreaterThan(500 * 1024 ** 2);
  });

  test('counts whole chunks; everything else is a stray', async () => {
    await fill({ 1: CHUNK, 2: CHUNK, 3: CHUNK - 4096, '4.clean': CHUNK, notes: 1 });
    await writeFile(`${folder()}/chunkfilepool.meta`, metaFile());
    expect(await look()).toMatchObject({ meta: 'valid', chunks: 2, strays: 3, inUse: false });
    expect(await countGrowing(node.host, goal)).toMatchObject({ chunks: 3 });
  });

  test('with a damaged meta file, or one for another place, is broken', async () => {
    await writeFile(`${folder()}/chunkfilepool.meta`, metaFile().subarray(0, 30));
    expect(await look()).toMatchObject({ meta: 'broken' });
    const elsewhere = { ...META, path: '/data' };
    await writeFile(
      `${folder()}/chunkfilepool.meta`,
      metaFile({ chunkfilepool_path: '/data', crc: poolMetaCrc(elsewhere) }),
    );
    expect(await look()).toMatchObject({ meta: 'broken' });
  });

  test('is emptied, meta file and all, with a record of it; the rest of the disk stays', async () => {
    await fill({ 1: CHUNK, 2: 17 });
    await writeFile(`${folder()}/chunkfilepool.meta`, metaFile());
    await empty();
    expect(await readdir(folder())).toEqual([]);
    expect(await readdir(node.at('/data/chunkserver0'))).toContain('.keelson.json');
    expect((await auditOf(node.host)).slice(-2)).toMatchObject([
      {
        event: 'will-run',
        fsUuid: goal.fsUuid,
        command: ['remove', `${folder()}/chunkfilepool.meta`, `${folder()}/chunkfilepool`],
      },
      { event: 'ran', exitCode: 0 },
    ]);
    await empty();
  });

  test.for(['chunkserver.dat', 'copysets'])('is never emptied once %s exists', async (name) => {
    await fill({ 1: CHUNK });
    await mkdir(`${folder()}/${name}`);
    expect(await look()).toMatchObject({ inUse: true });
    await expect(empty()).rejects.toMatchObject({ code: 'PoolInUse', retryable: false });
    expect(await look()).toMatchObject({ chunks: 1 });
  });

  test('is not emptied beside a process that still writes to it', async () => {
    await fill({ 1: CHUNK });
    const writer = node.inside(['sh', '-c', `exec 9>>${folder()}/chunkfilepool/2; echo open; read line`]);
    await new Promise((resolve) => writer.stdout.once('data', resolve));
    await expect(empty()).rejects.toMatchObject({ code: 'PoolInUse', retryable: true });
    const ended = new Promise((resolve) => writer.once('exit', resolve));
    writer.stdin.end('\n');
    await ended;
    await empty();
    expect(await look()).toMatchObject({ chunks: 0 });
  });

  test('whose disk is not mounted is neither counted nor emptied: the path is the root disk', async () => {
    await fill({ 1: CHUNK });
    await execa('umount', [node.at('/data/chunkserver0')]);
    await mkdir(`${folder()}/chunkfilepool`, { recursive: true });
    await writeFile(`${folder()}/chunkfilepool/1`, 'root disk');
    expect(await look()).toMatchObject({ mounted: false, chunks: 0, fsBytes: 0 });
    await expect(empty()).rejects.toMatchObject({ code: 'DiskNotMounted' });
    expect(await readdir(`${folder()}/chunkfilepool`)).toEqual(['1']);
    await rm(folder(), { recursive: true });
    await format(node.host, goal);
  });

  test('on a mount of another file system is not taken for ours', async () => {
    const other = goalOf(node.host, { path: '/dev/vdz' });
    expect(await inspectPool(node.host, other)).toMatchObject({ mounted: false });
  });
});
