import { readFile, readdir } from 'node:fs/promises';
import { traitsOf } from '../../disks/filesystems.ts';
import { MARKER_NAME, parseDiskMarker } from '../../disks/marker.ts';
import type { FilesystemContent } from '../../disks/observation.ts';
import { type Host, isMissing } from '../host.ts';
import type { FilesystemReader } from './filesystem.ts';
import { filesystemOn } from './known.ts';

/**
 * What lies in the file system on a device; undefined when there is none that we make.
 *
 * While it is mounted, the mount is read. Otherwise a tool reads the bytes: no mount that could stay behind when this
 * process is killed, no exclusive hold that would disturb a mkfs, and surely no write. A read-only mount would replay
 * the journal, and one without that would show no more than the bytes do.
 *
 * @param mountedHere where the whole file system is mounted, as this process sees it
 */
export async function readContent(
  host: Host,
  device: string,
  mountedHere: string | undefined,
): Promise<FilesystemContent | undefined> {
  const found = await filesystemOn(device);
  if (found === undefined) return undefined;
  const { filesystem, uuid, needsRecovery } = found;
  const reader = mountedHere === undefined ? filesystem.readerOf(host, device) : mountReader(mountedHere);
  const rootEntries = await reader.list('/');
  const marker = rootEntries?.includes(MARKER_NAME) ? await reader.read(`/${MARKER_NAME}`) : undefined;
  return {
    type: filesystem.type,
    uuid,
    needsRecovery,
    rootEntries,
    filledFolders: await filledFolders(reader, rootEntries ?? [], traitsOf(filesystem.type).madeByMkfs),
    marker: marker === undefined ? 'none' : (parseDiskMarker(marker) ?? 'broken'),
  };
}

/** A folder that cannot be read counts as one that holds something. */
async function filledFolders(
  reader: FilesystemReader,
  rootEntries: readonly string[],
  folders: readonly string[],
): Promise<readonly string[]> {
  const filled: string[] = [];
  for (const folder of folders) {
    if (!rootEntries.includes(folder)) continue;
    const names = await reader.list(`/${folder}`);
    if (names?.length !== 0) filled.push(folder);
  }
  return filled;
}

const mountReader = (mountedHere: string): FilesystemReader => ({
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
