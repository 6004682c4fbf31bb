import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** Tells where the sources were, line by line: no part of what runs. */
const SOURCE_MAP = /^\/\/# sourceMappingURL=.*$/gm;

/**
 * Names a build to Temporal: version and content of what the control worker runs, its activities included, since a
 * pinned operation goes on with both. Equal code is the same build, whatever image it is in and wherever it was built.
 * @param root the checkout, whose path the bundler writes into its output
 */
export async function buildIdOf(version: string, root: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    const code = await readFile(file, 'utf8');
    hash.update(code.replaceAll(SOURCE_MAP, '').replaceAll(root, ''));
  }
  return `${version}-${hash.digest('hex').slice(0, 12)}`;
}
