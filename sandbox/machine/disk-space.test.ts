import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { lackOfDisk } from './disk-space.mjs';

beforeEach(() => void vi.resetModules());
afterEach(() => void vi.unstubAllEnvs());

it.each([
  ['/home/somebody', '/home/somebody/keelson-sandbox'],
  ['/home/somebody/', '/home/somebody/keelson-sandbox'],
  ['', '/var/cache/keelson-sandbox'],
])(
  'a place that a person names for the cache is not ours to unmount or remove: "%s"',
  async (place, folder) => {
    vi.stubEnv('KEELSON_SANDBOX_CACHE', place);
    const { cacheDir } = (await import('../settings.ts')) as { cacheDir: string };
    expect(cacheDir).toBe(folder);
  },
);

it('a disk that is too full is named with what is missing, one with room is not', () => {
  expect(lackOfDisk(1)).toBeUndefined();
  expect(lackOfDisk(2 ** 60)?.message).toMatch(/GiB left on its disk, and 1073741824\.0 GiB are needed$/);
});
