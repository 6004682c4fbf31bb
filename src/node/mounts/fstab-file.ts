import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  appendFstabLine,
  type FstabDisk,
  type FstabEntry,
  isOurs,
  ownerOf,
  parseFstab,
  renderFstabLine,
  uuidOf,
} from '../../disks/fstab.ts';
import { withLock } from '../devices/device-lock.ts';
import { createFile, makeFolder, replaceFile, statIfThere } from '../durable-files.ts';
import { type Host, isMissing, resolveOnHost, stateFolder } from '../host.ts';
import { NodeError } from '../node-error.ts';
import { nodeFailure } from '../../systems/failures.ts';

/** Empty text when the host has no fstab. */
async function readFstab(host: Host): Promise<{ path: string; text: string }> {
  const { here } = await resolveOnHost(host, '/etc/fstab');
  try {
    return { path: here, text: await readFile(here, 'utf8') };
  } catch (error) {
    if (isMissing(error)) return { path: here, text: '' };
    throw error;
  }
}

export const readFstabEntries = async (host: Host): Promise<readonly FstabEntry[]> =>
  parseFstab((await readFstab(host)).text);

export const hasFstabLine = async (host: Host, disk: FstabDisk): Promise<boolean> =>
  (await readFstabEntries(host)).some((entry) => isOurs(entry, disk));

/** Refuses when somebody else's line names this mount path or this file system: two lines would fight at every boot. */
export async function requireNoOtherFstabLine(host: Host, disk: FstabDisk): Promise<void> {
  const other = (await readFstabEntries(host)).find(
    (entry) => !isOurs(entry, disk) && (entry.mountPath === disk.mountPath || uuidOf(entry) === disk.fsUuid),
  );
  if (other === undefined) return;
  const owner = ownerOf(other);
  throw new NodeError(
    nodeFailure('FstabConflict', {
      message: `/etc/fstab on node ${host.node} has another line for ${disk.mountPath}: ${other.source} at ${other.mountPath}${owner ? ` of cluster ${owner}` : ''}`,
      subject: disk.mountPath,
    }),
  );
}

/**
 * Adds the disk's line to the host's fstab, once. The file is replaced as a whole, so a power cut leaves the old or the
 * new one; every other line stays as it is, and the first change ever leaves a copy `fstab.keelson-backup`.
 */
export async function recordInFstab(host: Host, disk: FstabDisk): Promise<void> {
  await withNodeLock(host, async () => {
    await requireNoOtherFstabLine(host, disk);
    if (await hasFstabLine(host, disk)) return;
    const { path, text } = await readFstab(host);
    await makeFolder(dirname(path));
    if ((await statIfThere(path)) !== undefined) await createFile(`${path}.keelson-backup`, text);
    await replaceFile(path, appendFstabLine(text, renderFstabLine(disk)));
  });
}

/** Disks are handled beside each other, also by two pods; files that they share are changed by one at a time. */
async function withNodeLock(host: Host, work: () => Promise<void>): Promise<void> {
  const path = `${stateFolder(host)}/lock`;
  await makeFolder(stateFolder(host));
  await createFile(path, '');
  await withLock(host, path, { mode: 'exclusive' }, work);
}
