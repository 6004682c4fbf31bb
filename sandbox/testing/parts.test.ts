import { execa } from 'execa';
import { globSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkout } from '../settings.ts';
import { isVitest, partNames, testParts, vitestArguments, type VitestPart } from './parts.ts';

/** Asks vitest itself which files it would run. */
async function filesOf(part: keyof typeof testParts): Promise<string[]> {
  const what = testParts[part];
  if (!isVitest(what)) return [];
  const vitest = [`${checkout}/node_modules/vitest/vitest.mjs`, 'list', '--filesOnly', '--json'];
  const { stdout } = await execa(process.execPath, [...vitest, ...vitestArguments(what, [])], {
    cwd: checkout,
  });
  return (JSON.parse(stdout) as { file: string }[]).map(({ file }) => file.replace(`${checkout}/`, ''));
}

it('no test below test/ is left out of npm test, and none runs twice', async () => {
  const files = globSync('test/**/*.test.ts', { cwd: checkout });
  const inParts = (await Promise.all(partNames.map(filesOf))).flat();
  expect(files.length).toBeGreaterThan(20);
  expect(inParts.filter((file) => file.startsWith('test/')).sort()).toEqual(files.sort());
});

it('a file that a person names is run instead of the part’s own list', () => {
  const part: VitestPart = {
    load: 'waits',
    project: 'e2e',
    files: ['power-cut'],
    except: ['slow.test.ts'],
    filesAtOnce: 1,
  };
  const first = ['--project', 'e2e', '--no-file-parallelism'];
  expect(vitestArguments(part, ['-t', 'mkfs'])).toEqual([
    ...first,
    ...['power-cut', '--exclude', 'slow.test.ts', '-t', 'mkfs'],
  ]);
  expect(vitestArguments(part, ['bare-mount.test.ts'])).toEqual([...first, 'bare-mount.test.ts']);
});
