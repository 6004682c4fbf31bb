import { isFilesystemType } from '../../disks/filesystems.ts';
import { openPath } from '../devices/block-device.ts';
import { withLock } from '../devices/device-lock.ts';
import { type Host, resolveOnHost } from '../host.ts';
import { locateByUuid } from '../devices/locate-by-uuid.ts';
import { mountAt, readMountTable } from './mount-table.ts';
import { mountOnHost } from './mounting.ts';
import { type OwnLine, readOwnLines } from './own-mounts.ts';
import { readContent } from '../filesystems/content.ts';
import { settleConcurrently } from '../../concurrency/map-concurrently.ts';

/** What became of one of our lines in the host's fstab when the worker started. */
export interface Remount {
  readonly mountPath: string;
  readonly fsUuid: string;
  readonly clusterId: string;
  readonly outcome: 'was-mounted' | 'mounted' | 'failed';
  /** Why it failed, and what to do. */
  readonly detail: string;
}

const AT_ONCE = 4;

/**
 * Mounts what our own lines in the host's fstab name and the host has not mounted itself (a host without systemd, or
 * one that came up before the disk did). One bad disk never keeps the others, or the worker, from starting.
 */
export async function remountOwn(host: Host): Promise<readonly Remount[]> {
  const lines = await readOwnLines(host);
  const outcomes = await settleConcurrently(lines, AT_ONCE, (line) => remount(host, line));
  return lines.map((line, i) => {
    const outcome = outcomes[i];
    if (outcome?.status === 'fulfilled') return { ...line, outcome: outcome.value, detail: '' };
    const reason: unknown = outcome?.reason;
    return { ...line, outcome: 'failed', detail: reason instanceof Error ? reason.message : String(reason) };
  });
}

async function remount(host: Host, line: OwnLine): Promise<'was-mounted' | 'mounted'> {
  const { mountPath, fsType } = line;
  if (!isFilesystemType(fsType))
    throw new Error(`this version makes no ${fsType}: correct the line in fstab`);
  const { onHost } = await resolveOnHost(host, mountPath);
  const device = await onlyDeviceOf(host, line);
  return withLock(host, device.device, { mode: 'exclusive' }, async (lock) => {
    if (mountAt(await readMountTable(host), onHost)?.majorMinor === device.majorMinor) return 'was-mounted';
    await requireMarker(host, device.device, line);
    await mountOnHost(host, device, { filesystem: fsType, mountPath }, lock.fd);
    return 'mounted';
  });
}

async function onlyDeviceOf(host: Host, line: OwnLine) {
  const { byUuid } = await locateByUuid(host, '', line.fsUuid);
  const [path, ...copies] = byUuid;
  if (path === undefined) throw new Error(`no disk of node ${host.node} has the file system ${line.fsUuid}`);
  if (copies.length > 0)
    throw new Error(`several disks have the file system ${line.fsUuid}: ${byUuid.join(', ')}`);
  const device = await openPath(path);
  if (typeof device === 'string') throw new Error(`${path} has gone while it was looked at`);
  return device;
}

/** After a power cut the marker may still be in the journal only; then the mount itself is what brings it back. */
async function requireMarker(host: Host, device: string, line: OwnLine): Promise<void> {
  const content = await readContent(host, device, undefined);
  if (content === undefined) throw new Error(`${device} has no readable file system`);
  if (content.needsRecovery) return;
  const { marker } = content;
  if (typeof marker === 'string' || marker.clusterId !== line.clusterId) {
    throw new Error(
      `${device} has the file system ${line.fsUuid}, but no marker of cluster ${line.clusterId}`,
    );
  }
}
