import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

let place = '';

beforeEach(async () => {
  place = await mkdtemp(`${tmpdir()}/keelson-progress-`);
  vi.stubEnv('KEELSON_SANDBOX_CACHE', place);
  vi.resetModules();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(place, { recursive: true });
});

/** A progress with one measured step behind it. */
async function measured() {
  const { Progress } = await import('./progress.ts');
  const { cacheDir } = await import('./settings.ts');
  const progress = await Progress.open();
  progress.stop();
  await progress.step('remove the cache', () => Promise.resolve());
  return { progress, cacheDir };
}

it('a purged cache does not come back for the measured times', async () => {
  const { progress, cacheDir } = await measured();
  await progress.close();
  expect(existsSync(cacheDir)).toBe(false);
});

it('measured times are kept in a cache that is there', async () => {
  const { progress, cacheDir } = await measured();
  await mkdir(cacheDir);
  await progress.close();
  expect(await readFile(`${cacheDir}/timings.json`, 'utf8')).toBe('{}');
});
