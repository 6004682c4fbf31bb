import type { BuildOptions, Plugin } from 'esbuild';

/** One file of /app/dist. */
export interface Entry {
  readonly name: string;
  /** Path below the checkout, or a package's file. */
  readonly source: string;
}

export const entries: readonly Entry[] = [
  { name: 'api', source: './src/workers/api.ts' },
  { name: 'control', source: './src/workers/control.ts' },
  { name: 'node', source: './src/workers/node.ts' },
  { name: 'keelson', source: './src/cli/main.ts' },
  // The worker starts its threads with require.resolve('./workflow-worker-thread'), so the name is the SDK's.
  { name: 'workflow-worker-thread', source: '@temporalio/worker/lib/workflow/workflow-worker-thread.js' },
];

/** Most packages are CommonJS inside; these names exist there and not in an ES module. */
const commonJsNames = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);
const __filename = import.meta.filename;
const __dirname = import.meta.dirname;`;

/**
 * The SDK imports its bundler (webpack, swc: 43 MB) even where the workflow bundle is ready made. The image never
 * bundles, so the module is replaced by one that says so.
 */
const withoutWorkflowBundler: Plugin = {
  name: 'without-workflow-bundler',
  setup(build) {
    build.onLoad({ filter: /@temporalio\/worker\/lib\/workflow\/bundler\.js$/ }, () => ({
      contents: `
        const refuse = () => { throw new Error('workflows are bundled when the image is built: set KEELSON_WORKFLOW_BUNDLE to that file'); };
        exports.defaultWorkflowInterceptorModules = [];
        exports.bundleWorkflowCode = refuse;
        exports.WorkflowCodeBundler = class { constructor() { refuse(); } };`,
    }));
  },
};

/** How one entry becomes one file that needs no node_modules. */
export function bundleOptions(root: string, outdir: string, entry: Entry): BuildOptions & { metafile: true } {
  return {
    absWorkingDir: root,
    entryPoints: { [entry.name]: entry.source },
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    banner: { js: commonJsNames },
    // Error and class names reach logs and Temporal's failure types.
    keepNames: true,
    legalComments: 'none',
    plugins: [withoutWorkflowBundler],
    metafile: true,
    logLevel: 'warning',
  };
}
