import type { Host } from '../host.ts';
import { LOOK_TIMEOUT_MS, runTool } from '../tools.ts';
import type { FilesystemReader } from './filesystem.ts';

/** Reads an ext file system that is not mounted. debugfs ends with 0 whatever happens. */
export const debugfsReader = (host: Host, device: string): FilesystemReader => ({
  list: async (folder) => parseListing(await debugfs(host, device, `ls -p ${folder}`)),
  read: (file) => debugfs(host, device, `cat ${file}`),
});

async function debugfs(host: Host, device: string, request: string): Promise<string> {
  const answer = await runTool(host, 'debugfs', ['-R', request, device], { timeoutMs: LOOK_TIMEOUT_MS });
  return answer.stdout;
}

/**
 * Reads `ls -p`: `/inode/mode/uid/gid/name/size/` a line; unused entries have inode 0. A folder that was read always
 * lists itself.
 */
function parseListing(output: string): readonly string[] | undefined {
  const names = output.split('\n').flatMap((line) => {
    const [, inode, , , , ...rest] = line.split('/');
    // A name cannot hold a slash; behind it come the size and the end of the line.
    const name = rest[0];
    return inode !== undefined && inode !== '0' && name ? [name] : [];
  });
  return names.includes('.') ? names.filter((name) => name !== '.' && name !== '..') : undefined;
}
