import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { takeFileLock } from './file-lock.ts';

let folder = '';
let path = '';

beforeEach(async () => {
  folder = await mkdtemp(`${tmpdir()}/keelson-lock-`);
  path = `${folder}/lock`;
});
afterEach(() => rm(folder, { recursive: true }));

const quiet = () => undefined;

it('many that come at once, with removals between them, never hold it together', async () => {
  // What a killed command of long ago left.
  await writeFile(path, '"up" (pid 4711)');
  let inside = 0;
  const together: number[] = [];
  const command = async (name: string) => {
    for (let round = 0; round < 3; round++) {
      const lock = await takeFileLock(path, name, 30, quiet);
      together.push(++inside);
      await turn();
      inside--;
      await lock.release();
    }
  };
  await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(command));
  expect(together).toEqual(Array.from({ length: 18 }, () => 1));
  expect(existsSync(path)).toBe(false);
});

it('a killed holder holds nothing, and who waits says for whom', async () => {
  const code = `const { takeFileLock } = await import(${JSON.stringify(`${import.meta.dirname}/file-lock.ts`)});
    await takeFileLock(${JSON.stringify(path)}, 'the other', 30, () => {});
    console.log('held');
    setInterval(() => {}, 1000);`;
  const holder = execa(process.execPath, ['--input-type=module', '--eval', code], { reject: false });
  await new Promise((resolve) => holder.stdout.once('data', resolve));

  const holders: string[] = [];
  const waits = Promise.withResolvers<void>();
  const mine = takeFileLock(path, 'me', 30, (name) => {
    holders.push(name);
    waits.resolve();
  });
  await waits.promise;
  expect(holders).toEqual(['the other']);
  holder.kill('SIGKILL');
  const lock = await mine;
  expect(await readFile(path, 'utf8')).toBe('me');
  await lock.release();
});

it('waiting for a holder that goes on and on ends with a message', async () => {
  const lock = await takeFileLock(path, 'the other', 1, quiet);
  await expect(takeFileLock(path, 'me', 1, quiet)).rejects.toThrow('waited 1 s in vain');
  await lock.release();
});
