import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildIdOf } from './build-id.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/build-id-`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const idOf = async (root: string, code: string): Promise<string> => {
  await writeFile(
    `${folder}/bundle.js`,
    `require("${root}/src/a.ts");\n${code}\n//# sourceMappingURL=${root}`,
  );
  return buildIdOf('0.1.0', root, [`${folder}/bundle.js`]);
};

test('the same code built elsewhere is the same build, other code is another', async () => {
  const id = await idOf('/here', 'one()');
  expect(id).toMatch(/^0\.1\.0-[0-9a-f]{12}$/);
  expect(await idOf('/there', 'one()')).toBe(id);
  expect(await idOf('/here', 'two()')).not.toBe(id);
});
