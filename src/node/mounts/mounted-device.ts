import { readFile } from 'node:fs/promises';
import { mountedAs } from '../filesystems/known.ts';
import type { Host } from '../host.ts';
import type { MountEntry } from './mount-table.ts';

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
