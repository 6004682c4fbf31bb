import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Metafile } from 'esbuild';

const target = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-unknown-linux-gnu`;

/** Bundled code runs in /app/dist, so what a package reads from beside its own source must be found from there. */
export const filesBeside: readonly {
  readonly package: string;
  readonly from: string;
  readonly to: string;
}[] = [
  // Only this machine's architecture: the five that ship are 148 MB.
  { package: '@temporalio/core-bridge', from: `releases/${target}`, to: `releases/${target}` },
  // Reads workflow stack traces through source maps.
  { package: 'source-map', from: 'lib/mappings.wasm', to: 'app/dist/mappings.wasm' },
  { package: '@fastify/swagger-ui', from: 'static', to: 'app/static' },
];

/** Packages that name their own folder, looked at: what they would read there we do not use. */
const lookedAt: Readonly<Record<string, string>> = {
  '@grpc/grpc-js': 'channelz and xDS protos, loaded only when those are switched on',
  '@temporalio/worker': 'its bundler, left out; the thread entry is a bundle of its own',
  '@fastify/swagger': 'its mode "static" and a default title',
  'thread-stream': "pino's transports: we log to stdout",
  pino: 'transports: we log to stdout',
  commander: 'an example in a comment',
};

/**
 * Packages in the bundle that look for files beside themselves and were never considered: they would fail only at
 * run time, perhaps months later.
 */
export async function findLostFiles(root: string, entry: string, metafile: Metafile): Promise<string[]> {
  const known = new Set([...filesBeside.map((file) => file.package), ...Object.keys(lookedAt)]);
  const lost = new Set<string>();
  await Promise.all(
    Object.keys(metafile.inputs).map(async (path) => {
      const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
      if (name === undefined || known.has(name) || !/\.[cm]?js$/.test(path)) return;
      const text = await readFile(resolve(root, path), 'utf8');
      if (/\b__dirname\b|import\.meta\.(url|dirname)/.test(text)) lost.add(name);
    }),
  );
  return [...lost]
    .sort()
    .map(
      (name) =>
        `${entry}.js: package ${name} uses its own folder: see what it reads there, then deploy/files-beside.ts`,
    );
}
