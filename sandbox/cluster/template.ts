import { createHash } from 'node:crypto';
import { access, copyFile, mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Image } from '../images/images.ts';
import { Problem } from '../problem.ts';
import type { Progress } from '../progress.ts';
import { run } from '../machine/run.ts';
import { cache, checkout, paths } from '../settings.ts';
import { nodeRootfs } from '../images/rootfs.ts';

/**
 * A containerd root with all images in it, imported and unpacked once for all nodes and all later runs. A node gets it
 * as hard links: blobs and unpacked layers are never written to again (an overlay mount copies up, a deletion unlinks),
 * so the nodes can share them, and with them the page cache. Only containerd's databases are copied.
 */
/** Beside containerd's own folders, in every root made from a template: image name → content key. */
export const imageList = 'sandbox-images.json';

async function copyDatabases(from: string, to: string): Promise<void> {
  for (const plugin of (await readdir(from)).filter((name) => name !== imageList)) {
    for (const file of await readdir(`${from}/${plugin}`)) {
      if (!file.endsWith('.db')) continue;
      await rm(`${to}/${plugin}/${file}`);
      await copyFile(`${from}/${plugin}/${file}`, `${to}/${plugin}/${file}`);
    }
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

export function templatePath(images: readonly Image[]): string {
  const hash = createHash('sha256').update(nodeRootfs.path);
  for (const image of images) hash.update(`\0${image.name}\0${image.key}`);
  return `${cache.templates}/${hash.digest('hex').slice(0, 12)}`;
}

export async function makeTemplate(images: readonly Image[], progress: Progress): Promise<string> {
  const path = templatePath(images);
  if (await exists(path)) {
    const now = new Date();
    await utimes(path, now, now);
    return path;
  }
  await progress.step(`import ${images.length} images for the nodes`, async () => {
    const unfinished = `${path}.unfinished`;
    const scratch = `${path}.scratch`;
    await rm(unfinished, { recursive: true, force: true });
    await rm(scratch, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
    await mkdir(scratch, { recursive: true });
    const separate = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
    const archives = images.map((image) => image.archive);
    await run(
      [
        ...separate,
        'bash',
        `${checkout}/sandbox/cluster/template.sh`,
        nodeRootfs.path,
        scratch,
        unfinished,
        ...archives,
      ],
      { logName: 'template', contained: true },
    );
    const keys = Object.fromEntries(images.map((image) => [image.name, image.key]));
    await writeFile(`${unfinished}/${imageList}`, JSON.stringify(keys));
    await rm(scratch, { recursive: true, force: true });
    await rename(unfinished, path);
  });
  await forgetOlder();
  return path;
}

async function forgetOlder(): Promise<void> {
  const names = (await readdir(cache.templates)).filter((name) => !name.includes('.'));
  const dated = await Promise.all(
    names.map(async (name) => ({ name, used: (await stat(`${cache.templates}/${name}`)).mtimeMs })),
  );
  dated.sort((a, b) => b.used - a.used);
  for (const { name } of dated.slice(3))
    await rm(`${cache.templates}/${name}`, { recursive: true, force: true });
}

/** The template the sandbox's nodes start from, remembered for nodes that are started later. */
const chosen = `${paths.nodes}/template`;

/** Chooses the template once; what changes later is brought into the nodes one by one. */
export async function ensureTemplate(make: () => Promise<string>): Promise<void> {
  if (await exists(chosen)) return;
  const path = await make();
  await mkdir(dirname(chosen), { recursive: true });
  await rm(`${chosen}.unfinished`, { recursive: true, force: true });
  await linkTree(path, `${chosen}.unfinished`);
  await rename(`${chosen}.unfinished`, chosen);
}

/** Gives a new node its images; a node that has been there before keeps its own. */
export async function placeTemplate(target: string): Promise<void> {
  if (await exists(target)) return;
  if (!(await exists(chosen)))
    throw new Problem('there is no template for the nodes', 'npm run sandbox -- up');
  await rm(`${target}.unfinished`, { recursive: true, force: true });
  await linkTree(chosen, `${target}.unfinished`);
  await copyDatabases(chosen, `${target}.unfinished`);
  await rename(`${target}.unfinished`, target);
}

/** Hard links where both are on one file system, else a copy. */
async function linkTree(from: string, to: string): Promise<void> {
  const sameDevice = (await stat(from)).dev === (await stat(dirname(to))).dev;
  await run(['cp', '-a', sameDevice ? '--link' : '--reflink=auto', '--', from, to]);
}
