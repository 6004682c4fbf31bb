/**
 * `npm run build`: makes dist/image, the whole build context of deploy/Dockerfile.
 *
 *     node                    the Node binary of this checkout
 *     releases/…              Temporal's native core, for this architecture only (a layer of its own: it is 30 MB)
 *     app/dist/*.js           one self-contained bundle for each process, the CLI, and the workflow bundle
 *     app/dist/build-id       names the control worker's code to Temporal
 *     app/static/…            what the page /docs is made of
 */
import { rmSync } from 'node:fs';
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { build } from 'esbuild';
import { bundleOptions, entries } from './bundle.ts';
import { filesBeside, findLostFiles } from './files-beside.ts';
import { findForbiddenModules } from './node-bundle.ts';
import { findTestFiles, findTestModules } from './product-bundle.ts';
import about from '../package.json' with { type: 'json' };
import { buildIdOf } from './build-id.ts';
import { writeWorkflowBundle } from './workflow-bundle.ts';

const root = resolve(import.meta.dirname, '..');
const finished = `${root}/dist/image`;
/** Becomes `finished` only when it is whole: nobody may make an image of half a build. */
const image = `${finished}.${process.pid}`;
const resolveFrom = createRequire(import.meta.url).resolve;

process.on('exit', () => rmSync(image, { recursive: true, force: true }));
await mkdir(`${image}/app/dist`, { recursive: true });

const [built, workflows] = await Promise.all([
  Promise.all(
    entries.map(async (entry) => {
      const options = bundleOptions(root, `${image}/app/dist`, entry);
      return { name: entry.name, metafile: (await build(options)).metafile };
    }),
  ),
  writeWorkflowBundle(`${root}/src/workflows/versioned.ts`, `${image}/app/dist/workflow-bundle.js`),
  // Node decides by the nearest package.json that the bundles are ES modules.
  writeFile(`${image}/app/package.json`, '{ "type": "module" }\n'),
  cp(process.execPath, `${image}/node`),
  ...filesBeside.map((file) =>
    cp(resolve(dirname(resolveFrom(`${file.package}/package.json`)), file.from), `${image}/${file.to}`, {
      recursive: true,
    }),
  ),
]);

const controlWorker = ['control.js', 'workflow-bundle.js'].map((file) => `${image}/app/dist/${file}`);
await writeFile(`${image}/app/dist/build-id`, await buildIdOf(about.version, root, controlWorker));

const problems: string[] = [];
for (const { name, metafile } of built) {
  problems.push(...(await findLostFiles(root, name, metafile)));
  if (name === 'node') problems.push(...findForbiddenModules(metafile));
  problems.push(...findTestFiles(name, metafile));
}
problems.push(...findTestModules(workflows));
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
await rm(finished, { recursive: true, force: true });
await rename(image, finished);
