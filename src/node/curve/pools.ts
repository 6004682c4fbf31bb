import { readFile, rm, stat, statfs } from 'node:fs/promises';
import type { FilesystemGoal } from '../../disks/stage.ts';
import { CHUNK_FILE_BYTES, type PoolState } from '../../systems/curve/pool.ts';
import { audited, type Order } from '../format/audit.ts';
import { withLock } from '../devices/device-lock.ts';
import { statIfThere, syncFolder } from '../durable-files.ts';
import { type Host, isMissing, resolveOnHost } from '../host.ts';
import { mountAt, type MountEntry, readMountTable } from '../mounts/mount-table.ts';
import { deviceOf, mountedUuid } from '../mounts/mounted-device.ts';
import { entriesOf } from '../mounts/mounting.ts';
import { NodeError } from '../node-error.ts';
import { settleConcurrently } from '../../concurrency/map-concurrently.ts';
import { parsePoolMeta } from './pool-meta.ts';
import { writersInside } from '../processes.ts';
import { nodeFailure } from '../../systems/failures.ts';
import { curveFailure } from '../../systems/curve/failures.ts';

/** What is needed of the disk that a pool lies on. */
export type PoolDisk = Pick<FilesystemGoal, 'device' | 'mountPath' | 'fsUuid' | 'daemonFolder'>;

/** Where curve_format and chunkserver see the daemon folder; the meta file carries this path. */
const POOL_PATH_IN_CONTAINER = '/curvebs/chunkserver/data/chunkfilepool';
const POOL = 'chunkfilepool';
const META = 'chunkfilepool.meta';
/** Written by a chunkserver at its first start. */
const SIGNS_OF_USE = ['chunkserver.dat', 'copysets'];
// stat calls at once; a large disk has hundreds of thousands of chunks.
const AT_ONCE = 32;

/** What is mounted at the disk's mount path, when it is the disk's own file system. */
async function ownMount(
  host: Host,
  disk: PoolDisk,
): Promise<(MountEntry & { readonly here: string }) | undefined> {
  const { here, onHost } = await resolveOnHost(host, disk.mountPath);
  const mount = mountAt(await readMountTable(host), onHost);
  if (mount === undefined || (await mountedUuid(host, mount)) !== disk.fsUuid) return undefined;
  return { ...mount, here };
}

/** Looks at the chunk file pool of one disk. */
export async function inspectPool(host: Host, disk: PoolDisk): Promise<PoolState> {
  const { device, mountPath } = disk;
  const mount = await ownMount(host, disk);
  if (mount === undefined) {
    return {
      device,
      mountPath,
      mounted: false,
      meta: 'missing',
      chunks: 0,
      strays: 0,
      fsBytes: 0,
      inUse: false,
    };
  }
  const folder = `${mount.here}/${disk.daemonFolder}`;
  const { bsize, blocks } = await statfs(mount.here);
  return {
    device,
    mountPath,
    mounted: true,
    meta: await inspectMeta(`${folder}/${META}`),
    ...(await countChunks(`${folder}/${POOL}`)),
    fsBytes: bsize * blocks,
    inUse: await isInUse(folder),
  };
}

async function inspectMeta(path: string): Promise<PoolState['meta']> {
  try {
    const meta = parsePoolMeta(await readFile(path));
    return meta?.path === POOL_PATH_IN_CONTAINER ? 'valid' : 'broken';
  } catch (error) {
    if (isMissing(error)) return 'missing';
    throw error;
  }
}

/** A chunk has a purely numeric name and exactly the right size; whatever else lies in the pool is a stray. */
async function countChunks(pool: string): Promise<{ chunks: number; strays: number }> {
  const names = await entriesOf(pool);
  const outcomes = await settleConcurrently(names, AT_ONCE, async (name) => {
    const file = await stat(`${pool}/${name}`);
    return isChunkName(name) && file.isFile() && file.size === CHUNK_FILE_BYTES;
  });
  const chunks = outcomes.filter((o) => o.status === 'fulfilled' && o.value).length;
  return { chunks, strays: names.length - chunks };
}

const isChunkName = (name: string): boolean => /^\d+$/.test(name);

async function isInUse(folder: string): Promise<boolean> {
  const found = await Promise.all(SIGNS_OF_USE.map((name) => statIfThere(`${folder}/${name}`)));
  return found.some((file) => file !== undefined);
}

/** How many chunks a growing pool has, by name alone: cheap enough to be asked every second. */
export async function countGrowing(host: Host, disk: PoolDisk): Promise<{ chunks: number; fsBytes: number }> {
  const mount = await ownMount(host, disk);
  if (mount === undefined) return { chunks: 0, fsBytes: 0 };
  const { bsize, blocks } = await statfs(mount.here);
  const names = await entriesOf(`${mount.here}/${disk.daemonFolder}/${POOL}`);
  return { chunks: names.filter(isChunkName).length, fsBytes: bsize * blocks };
}

/**
 * Empties the pool that a killed curve_format left, so that the next run starts from nothing and never adds to it
 * (docs/curve.md#filling-a-disk). Refuses a pool that a chunkserver has taken into use, one that somebody still writes to, and a disk
 * that is not mounted: the path would then lead into the host's own root.
 */
export async function emptyPool(
  host: Host,
  disk: PoolDisk,
  order: Order,
  signal: AbortSignal,
): Promise<void> {
  const located = await ownMount(host, disk);
  if (located === undefined) throw notMounted(host, disk);
  const device = await deviceOf(host, located);
  await withLock(host, device, { mode: 'exclusive', signal }, async () => {
    const mount = await ownMount(host, disk);
    if (mount === undefined) throw notMounted(host, disk);
    const folder = `${mount.here}/${disk.daemonFolder}`;
    await requireUnused(host, disk, folder, mount.majorMinor);
    // The meta file first: without it a chunkserver refuses whatever is left of the pool when we are cut off.
    const paths = [`${folder}/${META}`, `${folder}/${POOL}`];
    const subject = { order, path: disk.device, device, fsUuid: disk.fsUuid, command: ['remove', ...paths] };
    await audited(host, subject, async () => {
      for (const path of paths) {
        await rm(path, { recursive: true, force: true });
        await syncFolder(folder);
      }
      return { exitCode: 0 };
    });
  });
}

async function requireUnused(host: Host, disk: PoolDisk, folder: string, majorMinor: string): Promise<void> {
  const name = `the chunk file pool of ${disk.device} on node ${host.node}`;
  if (await isInUse(folder)) {
    throw new NodeError(
      curveFailure('PoolInUse', {
        message: `${name} is in use: ${SIGNS_OF_USE.join(' or ')} exists in ${disk.mountPath}/${disk.daemonFolder}; it is never emptied`,
        subject: disk.device,
      }),
    );
  }
  const [writer] = await writersInside(host, majorMinor);
  if (writer !== undefined) {
    throw new NodeError(
      curveFailure('PoolInUse', {
        message: `${name} is being written by process ${writer.pid} (${writer.command}); it is not emptied beside it`,
        next: 'nothing, it is tried again; if it lasts, see what that process is',
        subject: disk.device,
        retryable: true,
      }),
    );
  }
}

const notMounted = (host: Host, disk: PoolDisk): NodeError =>
  new NodeError(
    nodeFailure('DiskNotMounted', {
      message: `the file system ${disk.fsUuid} of ${disk.device} is not mounted at ${disk.mountPath} on node ${host.node}`,
      subject: disk.device,
    }),
  );
