import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CHUNK_FILE_BYTES,
  type ChunkFormatJob,
  decidePool,
  plannedChunks,
  type PoolState,
  wantedChunks,
} from './pool.ts';

describe('curve_format makes', () => {
  test.each([
    ['an even number of chunks', 2_040_373_248, 30, 36],
    ['one less when the number is odd', CHUNK_FILE_BYTES * 3, 100, 2],
    ['none on a disk for one', CHUNK_FILE_BYTES, 100, 0],
    ['as many as fit exactly', CHUNK_FILE_BYTES * 4, 100, 4],
    ['none when a byte is missing', CHUNK_FILE_BYTES * 2 - 1, 100, 0],
    ['what 4 TB hold at 90 %', 3_936_818_806_784, 90, 211_134],
    ['what 100 TB hold at 99 %: beyond exact floating point', 100e12, 99, 5_899_418],
  ])('%s', (_, fsBytes, percentage, expected) => {
    expect(wantedChunks(fsBytes, percentage)).toBe(expected);
  });

  test('never more than the share, never less than two chunks below it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 46 }),
        fc.integer({ min: 1, max: 100 }),
        (fsBytes, percentage) => {
          const bytes = wantedChunks(fsBytes, percentage) * CHUNK_FILE_BYTES;
          const share = (fsBytes * percentage) / 100;
          expect(wantedChunks(fsBytes, percentage) % 2).toBe(0);
          expect(bytes).toBeLessThanOrEqual(share + 1);
          expect(bytes).toBeGreaterThan(share - 2 * CHUNK_FILE_BYTES - 1);
        },
      ),
    );
  });

  test('about as many as were planned from the size of the disk', () => {
    const disk = 2 * 1024 ** 3; // its ext4 has 2,040,373,248 bytes
    expect(Math.abs(plannedChunks(disk, 30) - wantedChunks(2_040_373_248, 30))).toBeLessThanOrEqual(2);
  });
});

const disk = { index: 0, device: '/dev/vdc', mountPath: '/data/c', percentage: 30, port: 8200 };
const fsBytes = 2_040_373_248;
const whole = 36;
const empty: PoolState = {
  device: '/dev/vdc',
  mountPath: '/data/c',
  mounted: true,
  meta: 'missing',
  chunks: 0,
  strays: 0,
  fsBytes,
  inUse: false,
};
const full: PoolState = { ...empty, meta: 'valid', chunks: whole };
const job = { device: '/dev/vdc', attempt: 1, detail: '' };
const ended = (exitCode: number | undefined): ChunkFormatJob => ({
  ...job,
  state: exitCode === 0 ? 'succeeded' : 'failed',
  detail: 'its words',
  ...(exitCode === undefined ? {} : { exitCode }),
});

describe('the pool of a disk', () => {
  const rows: readonly (readonly [string, Partial<PoolState>, string])[] = [
    ['is made when there is none', empty, 'run'],
    ['is done with meta file and all chunks', full, 'done'],
    ['is repaired when chunks are missing', { ...full, chunks: whole - 1 }, 'repair'],
    ['is repaired when there are too many', { ...full, chunks: 2 * whole }, 'repair'],
    ['is repaired when other files lie in it', { ...full, strays: 1 }, 'repair'],
    ['is repaired without meta file', { ...full, meta: 'missing' }, 'repair'],
    ['is repaired with a broken meta file', { ...full, meta: 'broken' }, 'repair'],
    ['is repaired with half a chunk and nothing else', { strays: 1 }, 'repair'],
    ['is repaired with a broken meta file alone', { meta: 'broken' }, 'repair'],
    ['is done when a chunkserver took chunks out of it', { ...full, chunks: 3, inUse: true }, 'done'],
    [
      'is left alone when a chunkserver used it and the meta file is gone',
      { ...empty, inUse: true },
      'refuse',
    ],
    [
      'is left alone when a chunkserver used it and the meta file is broken',
      { ...full, meta: 'broken', inUse: true },
      'refuse',
    ],
    ['is not made on a bare mount point', { mounted: false }, 'refuse'],
    ['is not made on a disk too small', { fsBytes: 50 * 1024 ** 2 }, 'refuse'],
  ];
  test.each(rows)('%s', (_, seen, action) => {
    expect(decidePool(disk, { ...empty, ...seen }, undefined).action).toBe(action);
  });

  test('is waited for while a run goes on, whatever is there', () => {
    for (const seen of [empty, full, { ...full, chunks: 2 }, { ...empty, mounted: false }]) {
      expect(decidePool(disk, seen, { ...job, state: 'running' }).action).toBe('wait');
    }
  });

  test('is not guessed when nobody looked', () => {
    expect(decidePool(disk, undefined, undefined).action).toBe('refuse');
  });

  const part = { ...empty, chunks: 7 };
  const runs: readonly (readonly [string, PoolState, ChunkFormatJob, number, string])[] = [
    ['a run of an earlier operation that failed does not count', part, ended(255), 0, 'repair'],
    ['a run that did nothing and exited 0 would do so again', empty, ended(0), 1, 'refuse'],
    ['a run that ended with 255 would do so again', part, ended(255), 1, 'refuse'],
    ['a killed run is repaired', part, ended(137), 1, 'repair'],
    ['a run whose pod is lost is repaired', part, ended(undefined), 2, 'repair'],
    ['a run lost before it began is run again', empty, ended(undefined), 1, 'run'],
    ['five killed runs are enough', part, ended(137), 5, 'refuse'],
    ['five Jobs that somebody took away are enough', part, { ...job, state: 'absent' }, 5, 'refuse'],
    ['a whole pool is done however the run ended', full, ended(255), 3, 'done'],
  ];
  test.each(runs)('%s', (_, seen, job, count, action) => {
    expect(decidePool(disk, seen, job, count).action).toBe(action);
  });

  test('names disk, numbers and the words of the tool when refused', () => {
    expect(decidePool(disk, part, ended(255), 1).why).toBe(
      'curve_format on /dev/vdc ended without a whole pool (7 of 36 chunks, meta file missing): its words',
    );
  });

  test('is never emptied or filled once a chunkserver has used it', () => {
    const seen = fc.record({
      meta: fc.constantFrom('missing', 'valid', 'broken'),
      chunks: fc.nat(100),
      strays: fc.nat(3),
      mounted: fc.boolean(),
    });
    fc.assert(
      fc.property(seen, fc.nat(9), (state, count) => {
        const { action } = decidePool(disk, { ...empty, ...state, inUse: true }, ended(undefined), count);
        expect(['done', 'refuse']).toContain(action);
      }),
    );
  });
});
