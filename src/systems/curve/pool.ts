import type { ChunkserverDisk } from './layout.ts';
import { signalOf } from './tools/output.ts';

/** A chunk and its one page of metadata: the exact size of every file in the pool. */
export const CHUNK_BYTES = 16 * 1024 * 1024;
export const CHUNK_FILE_BYTES = CHUNK_BYTES + 4096;

/** Runs of curve_format in one operation that may be killed from outside before a person has to look. */
const MOST_RUNS = 5;

/**
 * How many chunks curve_format makes: a share of the whole file system (not of what is free), in whole files, divided
 * between two threads, so that an odd one is never made.
 * @param fsBytes size of the file system as statfs tells it (f_blocks times f_bsize)
 */
export function wantedChunks(fsBytes: number, percentage: number): number {
  const share = (BigInt(Math.trunc(fsBytes)) * BigInt(percentage)) / 100n;
  const perThread = share / BigInt(CHUNK_FILE_BYTES) / 2n;
  return Number(perThread * 2n);
}

/**
 * The same, before the file system exists. ext4 keeps inode tables and journal out of what statfs counts: about 1.6 %
 * for inodes, and a journal that grows with the disk up to 1 GiB. Good to a few chunks.
 */
export function plannedChunks(diskBytes: number, percentage: number): number {
  const inodes = diskBytes / 64;
  const journal = Math.min(1024 ** 3, diskBytes / 32);
  return wantedChunks(Math.max(0, diskBytes - inodes - journal), percentage);
}

/** The chunk file pool of one disk, as the node worker finds it. */
export interface PoolState {
  readonly device: string;
  readonly mountPath: string;
  readonly mounted: boolean;
  /** `missing`, `valid`, or `broken` (CRC, JSON or path wrong). */
  readonly meta: 'missing' | 'valid' | 'broken';
  readonly chunks: number;
  /** Files in the pool folder that are no whole chunk. */
  readonly strays: number;
  /** Bytes of the file system, from which the wanted number of chunks follows. */
  readonly fsBytes: number;
  /** chunkserver.dat or copysets exist: the pool has been taken into use and is never emptied. */
  readonly inUse: boolean;
}

/** The newest curve_format Job of a disk. */
export interface ChunkFormatJob {
  readonly device: string;
  readonly attempt: number;
  readonly state: 'absent' | 'running' | 'succeeded' | 'failed';
  /** Absent while it runs, and when the tool was killed or its pod lost. */
  readonly exitCode?: number;
  /** Exit code and last lines, in words. */
  readonly detail: string;
}

export type PoolDecision =
  | {
      /**
       * done: nothing to do. wait: a run is on its way. run: start curve_format on the empty pool. repair: empty the
       * pool, then run.
       */
      readonly action: 'done' | 'wait' | 'run' | 'repair';
      readonly why: string;
    }
  | {
      /** A person must look. */
      readonly action: 'refuse';
      readonly device: string;
      readonly why: string;
      readonly next: string;
    };

/**
 * What to do with the pool of one disk. Success is the meta file and the number of chunks, never an exit code
 * (docs/curve.md#filling-a-disk); a pool in use is never touched.
 * @param runs how many runs this operation has already waited for
 */
export function decidePool(
  disk: ChunkserverDisk,
  pool: PoolState | undefined,
  job: ChunkFormatJob | undefined,
  runs = 0,
): PoolDecision {
  const { device } = disk;
  if (pool === undefined) return refused(device, `nothing is known of the pool of ${device}`, 'retry');
  if (job?.state === 'running') return { action: 'wait', why: `curve_format runs on ${device}` };
  if (!pool.mounted) {
    const why = `${device} is not mounted at ${disk.mountPath}`;
    return refused(device, why, 'retry: formatting mounts it again');
  }
  if (pool.inUse) return inUse(disk, pool);

  const wanted = wantedChunks(pool.fsBytes, disk.percentage);
  if (wanted === 0) {
    const why = `${disk.percentage} % of ${device} (${pool.fsBytes} bytes) hold no two chunks of 16 MiB`;
    return refused(device, why, 'use a larger disk or a larger percentage');
  }
  const seen = `${pool.chunks} of ${wanted} chunks, meta file ${pool.meta}`;
  if (pool.meta === 'valid' && pool.chunks === wanted && pool.strays === 0) {
    return { action: 'done', why: `${device} holds ${wanted} chunks` };
  }
  const ended = runs > 0 && job !== undefined ? failedRun(disk, job, runs, seen) : undefined;
  if (ended !== undefined) return ended;
  const untouched = pool.meta === 'missing' && pool.chunks === 0 && pool.strays === 0;
  return untouched
    ? { action: 'run', why: `${device} has no pool yet` }
    : { action: 'repair', why: `${device} has an unfinished pool: ${seen}, ${pool.strays} other files` };
}

/** A chunkserver takes chunks out of the pool, so their number says nothing any more. */
function inUse({ device }: ChunkserverDisk, pool: PoolState): PoolDecision {
  if (pool.meta === 'valid') return { action: 'done', why: `a chunkserver uses the pool of ${device}` };
  const why = `a chunkserver used ${device}, but the meta file of its pool is ${pool.meta}: its data is left as it is`;
  return refused(device, why, 'restore chunkfilepool.meta on the disk, then retry');
}

/** A run that ended by itself would end the same way again; one that was killed is worth another. */
function failedRun(
  { device }: ChunkserverDisk,
  job: ChunkFormatJob,
  runs: number,
  seen: string,
): PoolDecision | undefined {
  const ended = job.state !== 'absent';
  if (ended && job.exitCode !== undefined && signalOf(job.exitCode) === undefined) {
    const why = `curve_format on ${device} ended without a whole pool (${seen}): ${job.detail}`;
    return refused(device, why, 'correct what it complains of, then retry');
  }
  if (runs < MOST_RUNS) return undefined;
  const why = `curve_format on ${device} was ${ended ? 'killed' : 'taken away'} ${runs} times (${seen}): ${job.detail}`;
  return refused(device, why, 'see what ends its pods on that node, then retry');
}

const refused = (device: string, why: string, next: string): PoolDecision => ({
  action: 'refuse',
  device,
  why,
  next,
});
