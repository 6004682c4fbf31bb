import { readdir } from 'node:fs/promises';
import type { FilesystemType } from '../../disks/filesystems.ts';
import { mountOptions } from '../../disks/fstab.ts';
import type { BlockDevice } from '../devices/block-device.ts';
import { makeFolder } from '../durable-files.ts';
import { type Host, type HostPath, isMissing, resolveOnHost } from '../host.ts';
import { mountAt, type MountEntry, readMountTable } from './mount-table.ts';
import { NodeError } from '../node-error.ts';
import { runTool } from '../tools.ts';
import { nodeFailure } from '../../systems/failures.ts';

// A mount replays at most one journal.
const MOUNT_TIMEOUT_MS = 120_000;

/** What the host sees at a path: the mount, if there is one, and the path after the host's own symlinks. */
export async function inspectMountPath(
  host: Host,
  mountPath: string,
): Promise<{ place: HostPath; mount: MountEntry | undefined }> {
  const place = await resolveOnHost(host, mountPath);
  return { place, mount: mountAt(await readMountTable(host), place.onHost) };
}

/**
 * Refuses a mount path that something else occupies: a mount would hide it. Asked before the first write to a disk, so
 * that nothing has been changed when it fails.
 */
export async function requireFreeMountPath(host: Host, mountPath: string): Promise<void> {
  const { place, mount } = await inspectMountPath(host, mountPath);
  if (mount !== undefined) {
    throw taken(host, mountPath, `${mount.source} (${mount.fsType}) is mounted there`);
  }
  const names = await entriesOf(place.here);
  if (names.length > 0) {
    throw taken(
      host,
      mountPath,
      `the folder holds ${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`,
    );
  }
}

const taken = (host: Host, mountPath: string, what: string): NodeError =>
  new NodeError(
    nodeFailure('MountPathTaken', {
      message: `${mountPath} on node ${host.node} is not free: ${what}`,
      subject: mountPath,
    }),
  );

/** Names in a folder; none when it does not exist. */
export async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/**
 * Mounts the whole file system of `device` at `mountPath` on the host, unless it is there already, and proves by the
 * host's own mount table that it arrived.
 *
 * @param lockFd the device's lock: a mount that is under way holds it although this process may be gone
 */
export async function mountOnHost(
  host: Host,
  device: BlockDevice,
  { filesystem, mountPath }: { readonly filesystem: FilesystemType; readonly mountPath: string },
  lockFd: number | undefined,
): Promise<HostPath> {
  const { place, mount } = await inspectMountPath(host, mountPath);
  if (isMountOf(mount, device)) return place;
  if (mount !== undefined) throw taken(host, mountPath, `${mount.source} (${mount.fsType}) is mounted there`);

  await makeFolder(place.here);
  const options = mountOptions(filesystem).join(',');
  await runTool(host, 'mount', ['-t', filesystem, '-o', options, device.device, place.here], {
    timeoutMs: MOUNT_TIMEOUT_MS,
    ...(lockFd === undefined ? {} : { lockFd }),
  });
  if (isMountOf((await inspectMountPath(host, mountPath)).mount, device)) return place;

  // Nobody else may see a mount that only this container has: the next attempt would take it for a foreign hold.
  await runTool(host, 'umount', [place.here], { timeoutMs: MOUNT_TIMEOUT_MS });
  throw new NodeError(
    nodeFailure('MountNotPropagated', {
      message: `the mount of ${device.path} at ${mountPath} did not reach node ${host.node}`,
      subject: mountPath,
    }),
  );
}

const isMountOf = (mount: MountEntry | undefined, device: BlockDevice): boolean =>
  mount?.majorMinor === device.majorMinor && mount.root === '/';
