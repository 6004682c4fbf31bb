import { createHash, type Hash } from 'node:crypto';
import { access, cp, mkdir, readFile, readdir, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { pauseImage } from '../cluster/node-config.ts';
import type { Progress } from '../progress.ts';
import { run } from '../machine/run.ts';
import { cache, checkout, keelson } from '../settings.ts';
import { goCommand, goEnvironment, inBuildQueue } from '../tools/tools.ts';
import { baseRootfs, makeRootfs } from './rootfs.ts';

/** An image in the cache: its content key is part of the file's name, so that equal inputs are built once. */
export interface Image {
  readonly name: string;
  readonly key: string;
  readonly archive: string;
}

interface Recipe {
  readonly name: string;
  /** The key becomes the tag. */
  readonly tagByKey?: boolean;
  readonly dockerfile: string;
  /** Everything the result depends on: files and folders, and strings. */
  readonly inputs: readonly string[];
  readonly based?: Image;
  /** Fills the empty folder that becomes the build context; says what it is at. */
  readonly prepare: (context: string, detail: (now: string) => void) => Promise<void>;
}

export const baseImage = 'localhost/debian-base:1';
export const curveImage = 'docker.io/curve2operator/curvebs:monitor-v1.2.6';

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** What may change without changing an image. */
const isNoInput = /^(node_modules|\.git)$|\.md$|(\.test\.ts|_test\.go)$/;

/** Feeds names and contents of all files below the path, in a fixed order. */
async function hashPath(hash: Hash, path: string, label = ''): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) {
    hash.update(`${label}\0`).update(await readFile(path));
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (isNoInput.test(entry.name)) continue;
    const inner = `${label}/${entry.name}`;
    if (entry.isSymbolicLink()) hash.update(`${inner}\0${await readlink(`${path}/${entry.name}`)}`);
    else await hashPath(hash, `${path}/${entry.name}`, inner);
  }
}

async function keyOf(recipe: Recipe): Promise<string> {
  const hash = createHash('sha256')
    .update(recipe.name)
    .update(recipe.based?.key ?? '');
  for (const input of [recipe.dockerfile, ...recipe.inputs]) {
    if (input.startsWith('/')) await hashPath(hash, input);
    else hash.update(`\0${input}`);
  }
  return hash.digest('hex').slice(0, 12);
}

const buildah = [
  'buildah',
  '--root',
  `${cache.buildah}/storage`,
  '--runroot',
  `${cache.buildah}/run`,
  '--storage-driver',
  'overlay',
];

const waitsItsTurn = 'waiting for the builds before it';

async function build(recipe: Recipe, progress: Progress): Promise<Image> {
  const key = await keyOf(recipe);
  const fileName = recipe.name.replaceAll(/[/:]/g, '_');
  const name = recipe.tagByKey === true ? `${recipe.name}:${key}` : recipe.name;
  const image: Image = { name, key, archive: `${cache.images}/${fileName}-${key}.tar` };
  if (await exists(image.archive)) return image;
  await progress.step(`build image ${recipe.name}`, async (detail) => {
    await mkdir(cache.images, { recursive: true });
    const context = `${cache.buildah}/context-${fileName}`;
    await rm(context, { recursive: true, force: true });
    await mkdir(context, { recursive: true });
    await recipe.prepare(context, detail);
    detail('running its Dockerfile');
    // With the layers of earlier builds at hand, what the Dockerfile installs is not installed again.
    await dropOldLayers();
    if (recipe.based !== undefined) await makeKnownToBuildah(recipe.based);
    const flags = ['--isolation', 'chroot', '--pull-never', '--format', 'oci', '--layers'];
    await run([...buildah, 'bud', ...flags, '-f', recipe.dockerfile, '-t', name, context], {
      logName: 'images',
      contained: true,
    });
    await markKnownToBuildah(image);
    detail('writing it out');
    const unfinished = `${image.archive}.unfinished`;
    await rm(unfinished, { force: true });
    // Not compressed: it never travels, and packing and unpacking would be most of the time.
    await run([...buildah, 'push', '--disable-compression', name, `oci-archive:${unfinished}:${name}`], {
      logName: 'images',
      contained: true,
    });
    await rename(unfinished, image.archive);
    await rm(context, { recursive: true, force: true });
  });
  await forgetOlder(fileName, image.archive);
  return image;
}

/** Buildah never drops the layers of images that were replaced. Once there are many, it begins again. */
async function dropOldLayers(): Promise<void> {
  const layers = await readdir(`${cache.buildah}/storage/overlay`).catch(() => []);
  if (layers.length < 100) return;
  await run([...buildah, 'rmi', '--all', '--force'], { logName: 'images', contained: true });
  for (const file of await readdir(cache.buildah)) {
    if (file.endsWith('.key')) await rm(`${cache.buildah}/${file}`, { force: true });
  }
}

function knownMark(image: Image): string {
  return `${cache.buildah}/${image.name.replaceAll(/[/:]/g, '_')}.key`;
}

async function markKnownToBuildah(image: Image): Promise<void> {
  await writeFile(knownMark(image), image.key);
}

/** A base image may be in the cache as an archive while buildah's own store was emptied or holds an older one. */
async function makeKnownToBuildah(image: Image): Promise<void> {
  if ((await readFile(knownMark(image), 'utf8').catch(() => '')) === image.key) return;
  await run([...buildah, 'pull', `oci-archive:${image.archive}`], { logName: 'images', contained: true });
  await markKnownToBuildah(image);
}

/** The three newest of each image are kept, for checkouts that lie beside each other. */
async function forgetOlder(fileName: string, newest: string): Promise<void> {
  const files = (await readdir(cache.images)).filter(
    (file) => file.startsWith(`${fileName}-`) && file.endsWith('.tar'),
  );
  const own = newest.slice(newest.lastIndexOf('/') + 1);
  const others = files.filter((file) => file !== own);
  for (const file of others.slice(0, Math.max(0, others.length - 2)))
    await rm(`${cache.images}/${file}`, { force: true });
}

export async function buildPauseImage(progress: Progress): Promise<Image> {
  const source = `${checkout}/sandbox/tools/pause`;
  return build(
    {
      name: pauseImage,
      dockerfile: `${checkout}/sandbox/images/pause.Dockerfile`,
      inputs: [source],
      prepare: async (context) => {
        const go = await goCommand(progress);
        // A few lines without a library: not worth a place in the queue, and the other images wait for it.
        await run([go, 'build', '-trimpath', '-ldflags', '-s -w', '-o', `${context}/pause`, '.'], {
          cwd: source,
          env: goEnvironment,
          logName: 'images',
          contained: true,
        });
      },
    },
    progress,
  );
}

export async function buildBaseImage(progress: Progress): Promise<Image> {
  return build(
    {
      name: baseImage,
      dockerfile: `${checkout}/sandbox/images/debian-base.Dockerfile`,
      // The path of the root file system carries the hash of its packages.
      inputs: [`rootfs ${baseRootfs.path.slice(baseRootfs.path.lastIndexOf('/') + 1)}`],
      prepare: async (context) => {
        await makeRootfs(baseRootfs, progress);
        await run([
          'tar',
          '-C',
          baseRootfs.path,
          '--numeric-owner',
          '--exclude=./dev/*',
          '--exclude=./var/lib/apt/lists/*',
          '-cf',
          `${context}/base.tar`,
          '.',
        ]);
      },
    },
    progress,
  );
}

/** The stand-ins for Curve's programs. */
export async function buildCurveImage(based: Image, progress: Progress): Promise<Image> {
  const source = `${checkout}/sandbox/curve-image`;
  return build(
    {
      name: curveImage,
      dockerfile: `${source}/Dockerfile`,
      inputs: [source],
      based,
      prepare: async (context, detail) => {
        const go = await goCommand(progress);
        const goFolder = go.includes('/') ? go.slice(0, go.lastIndexOf('/')) : '';
        await cp(source, context, { recursive: true });
        detail(waitsItsTurn);
        await inBuildQueue(() => {
          detail('building its programs');
          return run(['bash', `${source}/build.sh`, `${context}/out`], {
            cwd: source,
            env: { ...goEnvironment, PATH: `${goFolder}:${process.env['PATH'] ?? ''}` },
            logName: 'images',
            contained: true,
          });
        });
      },
    },
    progress,
  );
}

/** Keelson's own image from the working tree. */
export async function buildKeelsonImage(based: Image, progress: Progress): Promise<Image> {
  const dockerfile = `${checkout}/deploy/Dockerfile`;
  // The chart beside it is no part of the image.
  const buildFiles = (await readdir(`${checkout}/deploy`, { withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const inputs = [
    'src',
    'package.json',
    'package-lock.json',
    ...buildFiles.map(({ name }) => `deploy/${name}`),
  ];
  return build(
    {
      // Each content has a tag of its own, so that an upgrade rolls out exactly when something changed.
      name: keelson.image,
      tagByKey: true,
      dockerfile,
      inputs: inputs.map((path) => `${checkout}/${path}`),
      based,
      prepare: async (context, detail) => {
        detail(waitsItsTurn);
        await inBuildQueue(() => {
          detail('bundling');
          return run(['npm', 'run', 'build'], { cwd: checkout, logName: 'images', contained: true });
        });
        await cp(`${checkout}/dist/image`, context, { recursive: true });
      },
    },
    progress,
  );
}
