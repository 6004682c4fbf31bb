import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { takeFileLock } from './file-lock.ts';
import { abandon, withLock } from './lock.ts';
import type { Progress } from '../progress.ts';

// The machine's own lock and builds are not touched.
const at = vi.hoisted(() => ({ folder: '' }));
vi.mock('../settings.ts', () => ({
  get lockFile() {
    return `${at.folder}/lock`;
  },
}));
vi.mock('./cgroups.ts', () => ({ buildUnit: 'builds', endGroup: vi.fn() }));

beforeEach(async () => {
  at.folder = await mkdtemp(`${tmpdir()}/keelson-lock-`);
});
afterEach(() => rm(at.folder, { recursive: true }));

const quiet = { say: () => undefined } as unknown as Progress;

it('a command that was interrupted and still comes to its end does not give away the lock of the next', async () => {
  const next = await withLock('up', quiet, async () => {
    await abandon();
    return takeFileLock(`${at.folder}/lock`, 'the next', 1, () => undefined);
  });
  expect(await readFile(`${at.folder}/lock`, 'utf8')).toBe('the next');
  await expect(takeFileLock(`${at.folder}/lock`, 'a third', 1, () => undefined)).rejects.toThrow('in vain');
  await next.release();
});
