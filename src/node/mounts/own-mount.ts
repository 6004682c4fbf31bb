import { readFile } from 'node:fs/promises';
import type { FilesystemGoal } from '../../disks/stage.ts';
import { mountedAs } from '../filesystems/known.ts';
import { type Host, resolveOnHost } from '../host.ts';
import { mountAt, type MountEntry, readMountTable } from './mount-table.ts';

export interface OwnMount extends MountEntry {
  /** The mount path as this process sees it. */
  readonly here: string;
}

/** What is mounted at the disk's mount path, when it is the disk's own file system. */
export async function ownMount(
  host: Host,
  disk: Pick<FilesystemGoal, 'mountPath' | 'fsUuid'>,
): Promise<OwnMount | undefined> {
  const { here, onHost } = await resolveOnHost(host, disk.mountPath);
  const mount = mountAt(await readMountTable(host), onHost);
  if (mount === undefined || (await mountedUuid(host, mount)) !== disk.fsUuid) return undefined;
  return { ...mount, here };
}

/** UUID of the file system that is mounted; undefined for every kind that we do not make. */
export async function mountedUuid(host: Host, mount: MountEntry): Promise<string | undefined> {
  const filesystem = mountedAs(mount.fsType);
  return filesystem && (await filesystem.readSuperblock(await deviceOf(host, mount)))?.uuid;
}

/** The name in the mount table may be another namespace's; the numbers are the kernel's. */
export async function deviceOf(host: Host, mount: MountEntry): Promise<string> {
  const event = await readFile(`/sys/dev/block/${mount.majorMinor}/uevent`, 'utf8');
  return `${host.dev}/${/^DEVNAME=(.+)$/m.exec(event)?.[1] ?? ''}`;
}
