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

it('the first run on a machine says how long a step takes elsewhere, the next what it took here', async () => {
  const { Progress } = await import('./progress.ts');
  const { cacheDir } = await import('./settings.ts');
  await mkdir(cacheDir);
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  vi.useFakeTimers();
  try {
    for (const estimate of ['(usually about 6.0 s)', '(usually 4.0 s)']) {
      const progress = await Progress.open();
      const step = progress.step('deploy Keelson', () => new Promise((done) => setTimeout(done, 4000)));
      await vi.advanceTimersByTimeAsync(4000);
      await step;
      await progress.close();
      expect(said).toHaveBeenCalledWith(`  … deploy Keelson ${estimate}\n`);
    }
  } finally {
    vi.useRealTimers();
    said.mockRestore();
  }
});
