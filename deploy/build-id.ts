import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/**
 * Names a build to Temporal: version and content of what the control worker runs, its activities included, since a
 * pinned operation goes on with both. Equal code is the same build, whatever image it is in.
 */
export async function buildIdOf(version: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(file));
  return `${version}-${hash.digest('hex').slice(0, 12)}`;
}
