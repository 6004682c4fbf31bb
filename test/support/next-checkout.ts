import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { execa } from 'execa';
import { log } from './sandbox.ts';

const CHECKOUT = new URL('../..', import.meta.url).pathname;

/** What the image, the chart and the sandbox's program are made of. */
const PARTS = ['deploy', 'sandbox', 'src', 'package.json', 'package-lock.json', 'tsconfig.json'];

/** The product as somebody has changed it, in a checkout of its own. */
export interface NextCheckout extends AsyncDisposable {
  /** Builds its image and upgrades the Keelson in the sandbox to it, as the sandbox does with this checkout. */
  readonly deploy: () => Promise<void>;
}

/** @param before text in the file; it must be there, or the change would be none */
export async function nextCheckout(file: string, before: string, after: string): Promise<NextCheckout> {
  const folder = await mkdtemp(`${tmpdir()}/keelson-next-`);
  await Promise.all(PARTS.map((part) => cp(`${CHECKOUT}/${part}`, `${folder}/${part}`, { recursive: true })));
  await symlink(`${CHECKOUT}/node_modules`, `${folder}/node_modules`);
  const text = await readFile(`${folder}/${file}`, 'utf8');
  if (!text.includes(before)) throw new Error(`${file} does not read "${before}" any more: change the test`);
  await writeFile(`${folder}/${file}`, text.replace(before, after));
  return {
    deploy: async () => {
      await execa(process.execPath, ['sandbox/start.mjs', 'deploy'], { cwd: folder, all: true });
      log('the next build is deployed');
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
