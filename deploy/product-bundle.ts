import type { Metafile } from 'esbuild';

/** One sentence for each file of a test or of the sandbox in a bundle: the example system above all is never shipped. */
export const findTestFiles = (entry: string, metafile: Metafile): string[] =>
  Object.keys(metafile.inputs)
    .filter((path) => /^(test|sandbox)\//.test(path))
    .map((path) => notShipped(entry, path));

/** The same of the workflow bundle, which names each of its modules by its path. */
export const findTestModules = (bundle: string): string[] =>
  [...bundle.matchAll(/^\/\*{3}\/ "[./]*((?:test|sandbox)\/[^"]*)"/gm)].map(([, path = '']) =>
    notShipped('workflow-bundle', path),
  );

const notShipped = (entry: string, path: string): string =>
  `${entry}.js: ${path} is no part of the product and must not be shipped`;
