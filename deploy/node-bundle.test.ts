import { resolve } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { findForbiddenModules } from './node-bundle.ts';

const root = resolve(import.meta.dirname, '..');

const graphOf = async (source: string) =>
  (
    await build({
      stdin: { contents: source, resolveDir: root, sourcefile: 'entry.ts' },
      absWorkingDir: root,
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      metafile: true,
      logLevel: 'silent',
    })
  ).metafile;

test('a bundle of plain code passes', async () => {
  const graph = await graphOf(`import './src/workflows/queues.ts'; import 'pino';`);
  expect(findForbiddenModules(graph)).toEqual([]);
});

test('the Kubernetes client is found, also when tree shaking leaves nothing of it', async () => {
  const graph = await graphOf(`import { KubeConfig } from '@kubernetes/client-node';`);
  expect(findForbiddenModules(graph)).toEqual([
    expect.stringMatching(/^node\.js: entry\.ts brings in node_modules\/@kubernetes\/client-node\//),
  ]);
});

test.each([
  'src/kube/errors.ts',
  'src/activities/control/intervals.ts',
  'src/activities/curve/control/scopes.ts',
])('our own %s is found with the file that lets it in', async (file) => {
  const graph = await graphOf(`import './${file}';`);
  expect(findForbiddenModules(graph)).toContainEqual(expect.stringContaining(`entry.ts brings in ${file}`));
});
