import type { Metafile } from 'esbuild';

/** A node worker holds no cluster credentials, so nothing that could use them may be in its bundle (SECURITY.md). */
const forbidden = [
  /(^|\/)node_modules\/@kubernetes\//,
  /(^|\/)src\/(kube|api|controller|activities\/([^/]+\/)?control)\//,
];

/** One sentence for each import that brings a forbidden file into the node worker's bundle. */
export function findForbiddenModules(metafile: Metafile): string[] {
  const isForbidden = (path: string): boolean => forbidden.some((pattern) => pattern.test(path));
  return Object.entries(metafile.inputs).flatMap(([importer, { imports }]) =>
    isForbidden(importer)
      ? []
      : imports
          .filter((imported) => isForbidden(imported.path))
          .map(
            (imported) =>
              `node.js: ${importer} brings in ${imported.path}, which a node worker must not contain`,
          ),
  );
}
