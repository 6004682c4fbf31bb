import { resolve } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { bundleOptions, entries } from './bundle.ts';
import { findTestFiles, findTestModules } from './product-bundle.ts';

const root = resolve(import.meta.dirname, '..');

const graphOf = async (source: string) =>
  (await build({ ...bundleOptions(root, `${root}/dist`, { name: 'entry', source }), write: false })).metafile;
const workflowsOf = async (index: string) =>
  (await bundleWorkflowCode({ workflowsPath: `${root}/${index}`, logger: new DefaultLogger('WARN') })).code;

describe('the example system', () => {
  test.each(entries)('is in no bundle of the image: $name', async ({ source }) => {
    expect(findTestFiles('entry', await graphOf(source))).toEqual([]);
  });

  test('is not in the workflow bundle', async () => {
    expect(findTestModules(await workflowsOf('src/workflows/index.ts'))).toEqual([]);
  });

  test('is found where it is in a bundle', async () => {
    const graph = await graphOf('./test/example-system/systems/system.ts');
    expect(findTestFiles('entry', graph)).toContain(
      'entry.js: test/example-system/systems/phases.ts is no part of the product and must not be shipped',
    );
  });

  test('is found where it is in a workflow bundle', async () => {
    expect(findTestModules(await workflowsOf('test/example-system/workflows/index.ts'))).toContain(
      'workflow-bundle.js: test/example-system/workflows/operation.ts is no part of the product and must not be shipped',
    );
  });
});
