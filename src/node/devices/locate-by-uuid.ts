import { openPath } from './block-device.ts';
import { listBlockDevices } from './device-list.ts';
import { filesystemOn } from '../filesystems/known.ts';
import type { Host } from '../host.ts';

/**
 * Where a disk of a cluster is now. `byUuid`: devices that carry its file system, under whatever name they have since
 * the last boot; more than one is a copy that somebody made. Empty: the path of the spec counts (docs/disks.md#file-system-uuid).
 */
export interface Location {
  readonly byUuid: readonly string[];
}

export async function locateByUuid(host: Host, devicePath: string, fsUuid: string): Promise<Location> {
  const listed = (await listBlockDevices(host)).map((d) => d.device);
  const atPath = await openPath(devicePath);
  const all = typeof atPath === 'string' ? listed : [...new Set([...listed, atPath.device])];
  const uuids = await Promise.all(all.map(async (device) => (await filesystemOn(device))?.uuid));
  return { byUuid: all.filter((_, i) => uuids[i] === fsUuid) };
}
