import { ownerOf, uuidOf } from '../../disks/fstab.ts';
import type { OwnMount } from '../../disks/own-mount.ts';
import { type Host, isDeviceError, resolveOnHost } from '../host.ts';
import { readFstabEntries } from './fstab-file.ts';
import { mountAt, type MountEntry, readMountTable } from './mount-table.ts';
import { mountedUuid } from './mounted-device.ts';

/** A line of ours. */
export interface OwnLine extends Omit<OwnMount, 'found'> {
  /** As it stands in the line. */
  readonly fsType: string;
}

/** Our lines in the host's fstab, by path: the record of what we have mounted. */
export const readOwnLines = async (host: Host): Promise<readonly OwnLine[]> =>
  (await readFstabEntries(host))
    .flatMap((entry) => {
      const [clusterId, fsUuid] = [ownerOf(entry), uuidOf(entry)];
      const { mountPath, fsType } = entry;
      return clusterId && fsUuid ? [{ clusterId, fsUuid, mountPath, fsType }] : [];
    })
    .toSorted((a, b) => (a.mountPath < b.mountPath ? -1 : 1));

/** What is mounted where our lines in the host's fstab say that our disks belong. */
export async function readOwnMounts(host: Host): Promise<readonly OwnMount[]> {
  const [lines, table] = await Promise.all([readOwnLines(host), readMountTable(host)]);
  return Promise.all(
    lines.map(async ({ fsType: _wanted, ...line }) => {
      const { onHost } = await resolveOnHost(host, line.mountPath);
      const mount = mountAt(table, onHost);
      return mount === undefined ? line : { ...line, found: await contentOf(host, mount) };
    }),
  );
}

/** A disk that fails is one finding: it must not hide the others. */
async function contentOf(host: Host, mount: MountEntry): Promise<string> {
  const words = `${mount.fsType} ${mount.source}`;
  try {
    return (await mountedUuid(host, mount)) ?? words;
  } catch (error) {
    if (!isDeviceError(error)) throw error;
    return `${words}, which cannot be read: ${error.message}`;
  }
}
