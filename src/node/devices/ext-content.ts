import { readFile, readdir } from 'node:fs/promises';
import { MARKER_NAME, parseDiskMarker } from '../../disks/marker.ts';
import type { ExtContent } from '../../disks/observation.ts';
import { readSuperblock } from './ext-superblock.ts';
import { type Host, isMissing } from '../host.ts';
import { LOOK_TIMEOUT_MS, runTool } from '../tools.ts';

/**
 * What lies in the ext file system on a device; undefined when there is none.
 *
 * While it is mounted, the mount is read. Otherwise debugfs reads the bytes: no mount that could stay behind when this
 * process is killed, no exclusive hold that would disturb a mkfs, and surely no write. A read-only mount would replay
 * the journal, and one with `noload` would show no more than debugfs does.
 *
 * @param mountedHere where the whole file system is mounted, as this process sees it
 */
export async function readExtContent(
  host: Host,
  device: string,
  mountedHere: string | undefined,
): Promise<ExtContent | undefined> {
  const superblock = await readSuperblock(device);
  if (superblock === undefined) return undefined;
  const look = mountedHere === undefined ? unmountedLook(host, device) : mountedLook(mountedHere);
  const rootEntries = await look.list('/');
  const marker = rootEntries?.includes(MARKER_NAME) ? await look.read(`/${MARKER_NAME}`) : undefined;
  const lostAndFound = rootEntries?.includes('lost+found') ? await look.list('/lost+found') : [];
  return {
    uuid: superblock.uuid,
    needsRecovery: superblock.needsRecovery,
    rootEntries,
    lostAndFoundEmpty: lostAndFound?.length === 0,
    marker: marker === undefined ? 'none' : (parseDiskMarker(marker) ?? 'broken'),
  };
}

interface Look {
  /** Names without `.` and `..`; undefined when the folder cannot be read. */
  list(folder: string): Promise<readonly string[] | undefined>;
  read(file: string): Promise<string | undefined>;
}

const mountedLook = (mountedHere: string): Look => ({
  list: (folder) => readdir(`${mountedHere}${folder}`),
  read: async (file) => {
    try {
      return await readFile(`${mountedHere}${file}`, 'utf8');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
});

const unmountedLook = (host: Host, device: string): Look => ({
  list: async (folder) => parseListing(await debugfs(host, device, `ls -p ${folder}`)),
  read: (file) => debugfs(host, device, `cat ${file}`),
});

async function debugfs(host: Host, device: string, request: string): Promise<string> {
  const answer = await runTool(host, 'debugfs', ['-R', request, device], { timeoutMs: LOOK_TIMEOUT_MS });
  return answer.stdout;
}

/**
 * Reads `ls -p`: `/inode/mode/uid/gid/name/size/` a line; unused entries have inode 0. debugfs ends with 0 whatever
 * happens, but a folder that was read always lists itself.
 */
export function parseListing(output: string): readonly string[] | undefined {
  const names = output.split('\n').flatMap((line) => {
    const [, inode, , , , ...rest] = line.split('/');
    // A name cannot hold a slash; behind it come the size and the end of the line.
    const name = rest[0];
    return inode !== undefined && inode !== '0' && name ? [name] : [];
  });
  return names.includes('.') ? names.filter((name) => name !== '.' && name !== '..') : undefined;
}
