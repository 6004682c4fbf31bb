import { nextFor } from '../../disks/findings.ts';
import { compareIdentity } from '../../disks/identity.ts';
import type { DiskIdentity } from '../../disks/facts.ts';
import { MARKER_NAME, renderMarker } from '../../disks/marker.ts';
import { type FilesystemGoal, MARKER_DRAFT } from '../../disks/stage.ts';
import type { Order } from './audit.ts';
import { type BlockDevice, openPath } from '../devices/block-device.ts';
import { type Lock, withLock } from '../devices/device-lock.ts';
import { judge, inspectFilesystemDisk, type StagedDisk } from './disk-stage.ts';
import { type DeviceCommand, writeToDevice } from './device-writer.ts';
import { makeFolder, replaceFile, syncFolder } from '../durable-files.ts';
import { filesystemOf } from '../filesystems/known.ts';
import { recordInFstab, requireNoOtherFstabLine } from '../mounts/fstab-file.ts';
import type { Host } from '../host.ts';
import { locateByUuid } from '../devices/locate-by-uuid.ts';
import { mountOnHost, requireFreeMountPath } from '../mounts/mounting.ts';
import { NodeError } from '../node-error.ts';
import { observeDisk } from '../devices/observe-disk.ts';
import { nodeFailure } from '../../systems/failures.ts';

export interface FormatRequest {
  readonly goal: FilesystemGoal;
  /** Recorded at planning; needed only when the disk is empty. */
  readonly identity?: DiskIdentity;
  readonly order: Order;
  /** Ends the waiting and the looking; a tool that writes is never ended, and what it did is found again. */
  readonly signal: AbortSignal;
  /** Says in words what is done now. */
  readonly report: (now: string) => void;
}

export interface FormatOutcome {
  /** True when this call ran mkfs. */
  readonly formatted: boolean;
  readonly note?: string;
}

/**
 * Brings one disk to "formatted, marked, mounted, in fstab" and does only what is missing. All of it happens under the
 * lock of the device, so a second attempt waits and then finds what the first one did.
 *
 * Each step leaves a state that the next attempt recognises from the disk alone, wherever this one is cut off:
 *
 *   cut off                      what the next attempt sees             what it does
 *   in mkfs                      no superblock: empty                   mkfs again
 *   after mkfs                   our UUID, no marker, nothing inside    check, mount, marker; never mkfs
 *   after mount or in the marker the same, a draft, or a full journal   replay, check, mount, marker
 *   after the marker             UUID and marker                        mount, folder, fstab line
 *   after the folder             the same; daemons cannot start yet     mount, fstab line
 *   after the fstab line         ready                                  nothing
 */
export async function formatDisk(host: Host, request: FormatRequest): Promise<FormatOutcome> {
  for (;;) {
    request.signal.throwIfAborted();
    const device = await findDevice(host, request.goal);
    const outcome = await withLock(
      host,
      device.device,
      { mode: 'exclusive', signal: request.signal },
      (lock) => formatUnderLock(host, request, device, lock),
    );
    if (outcome !== 'moved') return outcome;
  }
}

/** The device to lock: the one that has our file system, else the one at the spec's path. */
async function findDevice(host: Host, goal: FilesystemGoal): Promise<BlockDevice> {
  const { byUuid } = await locateByUuid(host, goal.device, goal.fsUuid);
  const device = await openPath(byUuid[0] ?? goal.device);
  if (typeof device !== 'string') return { ...device, path: goal.device };
  throw refusal(host, await inspectFilesystemDisk(host, goal, { lock: 'try' }));
}

async function formatUnderLock(
  host: Host,
  request: FormatRequest,
  device: BlockDevice,
  lock: Lock,
): Promise<FormatOutcome | 'moved'> {
  const { goal } = request;
  const disk = await inspectFilesystemDisk(host, goal, { lock: 'held' });
  // While we waited, another attempt finished the disk under another name, or links below /dev were changed.
  if (disk.observed.device?.majorMinor !== device.majorMinor) return 'moved';

  switch (disk.stage) {
    case 'refused':
      throw refusal(host, disk);
    case 'ready':
      return { formatted: false };
    case 'formatted':
      await finish(host, request, device, lock);
      return { formatted: false };
    case 'unfinished':
      await settle(host, request, device, lock, disk);
      await finish(host, request, device, lock);
      return { formatted: false };
    case 'empty': {
      const note = await makeFilesystem(host, request, device, lock, disk);
      await settle(host, request, device, lock, await inspectAgain(host, goal, device));
      await finish(host, request, device, lock);
      return { formatted: true, ...(note === undefined ? {} : { note }) };
    }
  }
}

/** Answers with a note when the identity was taken again. */
async function makeFilesystem(
  host: Host,
  request: FormatRequest,
  device: BlockDevice,
  lock: Lock,
  disk: StagedDisk,
): Promise<string | undefined> {
  const { goal } = request;
  const found = disk.observed.disk.identity;
  const note = requirePlannedDisk(host, request, found);
  await requireFreeMountPath(host, goal.mountPath);
  await requireNoOtherFstabLine(host, goal);
  request.signal.throwIfAborted();
  request.report(`mkfs.${goal.filesystem} on ${goal.device}`);

  const command = { step: 'mkfs', fsUuid: goal.fsUuid, label: labelOf(goal) } as const;
  await pass(host, request, lock, disk, command, async () => {
    const now = await inspectAgain(host, goal, device);
    if (now.stage !== 'empty') throw refusal(host, now);
    requirePlannedDisk(host, request, now.observed.disk.identity);
  });
  return note;
}

/** The disk must be the one that the plan named; after a reboot one of equal size that is empty too (docs/disks.md#identity). */
function requirePlannedDisk(host: Host, request: FormatRequest, found: DiskIdentity): string | undefined {
  const { goal, identity } = request;
  if (identity === undefined) {
    throw new NodeError(
      nodeFailure('IdentityMissing', {
        message: `${goal.device} on node ${host.node} is empty, but the plan recorded no identity for it because it was formatted then`,
        subject: goal.device,
      }),
    );
  }
  const { verdict, detail } = compareIdentity(identity, found);
  if (verdict === 'changed') {
    throw new NodeError(
      nodeFailure('IdentityChanged', {
        message: `${goal.device} on node ${host.node} is not the disk that was planned: ${detail}; nothing was written`,
        subject: goal.device,
        facts: { planned: identity, found },
      }),
    );
  }
  return verdict === 'rebooted'
    ? `identity taken again after a reboot of ${host.node}: ${detail}`
    : undefined;
}

/** From "mkfs ended" to "a clean file system that holds nothing and keeps nothing for root". */
async function settle(
  host: Host,
  request: FormatRequest,
  device: BlockDevice,
  lock: Lock,
  disk: StagedDisk,
): Promise<void> {
  const { goal } = request;
  if (disk.stage === 'formatted' || disk.stage === 'ready') return;
  if (disk.stage !== 'unfinished') throw refusal(host, disk);
  // Mounted without a marker: cut off between the two. The mount went through all of this before.
  if (disk.observed.observation.mounts.length > 0) return;

  const stillOurs = async (): Promise<void> => {
    const now = await inspectAgain(host, goal, device);
    if (now.stage !== 'unfinished') throw refusal(host, now);
  };
  if (disk.observed.observation.filesystem?.needsRecovery) {
    request.report(`replaying the journal of ${goal.device}`);
    await pass(host, request, lock, disk, { step: 'replay-journal' }, stillOurs);
    // Only now everything that was ever written shows: perhaps the marker, perhaps somebody's files.
    const now = await inspectAgain(host, goal, device);
    if (now.stage !== 'unfinished') return settle(host, request, device, lock, now);
  }
  const filesystem = filesystemOf(goal.filesystem);
  request.report(`${filesystem.checkName} on ${goal.device}`);
  await requireClean(host, request, device, lock);
  if (!(await filesystem.isComplete(device.device))) {
    await pass(host, request, lock, disk, { step: 'complete' }, stillOurs);
  }
}

/** Read-only, so it may be ended at any moment: the next attempt checks again. */
async function requireClean(
  host: Host,
  request: FormatRequest,
  device: BlockDevice,
  lock: Lock,
): Promise<void> {
  const { goal, signal } = request;
  const { findErrors } = filesystemOf(goal.filesystem);
  const errors = await findErrors(host, device.device, { lockFd: lock.fd, signal });
  if (errors === undefined) return;
  throw new NodeError(
    nodeFailure('FilesystemNotClean', {
      message: `the new file system on ${goal.device} (${device.device}) of node ${host.node} is not clean: ${errors.slice(-500)}; the disk may be broken`,
      subject: goal.device,
      values: { device: device.device },
    }),
  );
}

/** From "clean" to "ready": mount, marker, folder, fstab line, in this order. */
async function finish(host: Host, request: FormatRequest, device: BlockDevice, lock: Lock): Promise<void> {
  const { goal } = request;
  request.report(`mounting ${goal.device} at ${goal.mountPath}`);
  const { here } = await mountOnHost(host, device, goal, lock.fd);
  const disk = await inspectAgain(host, goal, device);
  if (disk.stage === 'unfinished') {
    const { clusterId, node, device: path } = goal;
    const marker = renderMarker({ clusterId, node, device: path, time: new Date().toISOString() });
    await replaceFile(`${here}/${MARKER_NAME}`, marker, `${here}/${MARKER_DRAFT}`);
  } else if (disk.stage === 'refused') {
    throw refusal(host, disk);
  }
  // Last inside the disk: as soon as this folder exists the kubelet lets daemons start on it.
  await makeFolder(`${here}/${goal.daemonFolder}`);
  await syncFolder(here);
  await recordInFstab(host, goal);
}

const pass = (
  host: Host,
  request: FormatRequest,
  lock: Lock,
  disk: StagedDisk,
  command: DeviceCommand,
  check: () => Promise<void>,
): Promise<void> =>
  writeToDevice(host, lock, {
    order: request.order,
    path: request.goal.device,
    device: lock.path,
    identity: disk.observed.disk.identity,
    filesystem: request.goal.filesystem,
    command,
    check,
  });

/** The same device again, under the lock that we hold. */
const inspectAgain = async (host: Host, goal: FilesystemGoal, device: BlockDevice): Promise<StagedDisk> =>
  judge(host, goal, await observeDisk(host, device.device, { lock: 'held', name: goal.device }));

/** Tells a person in lsblk what the disk is. */
const labelOf = ({ device, filesystem }: FilesystemGoal): string =>
  `keelson-${device.split('/').at(-1) ?? ''}`.slice(0, filesystemOf(filesystem).labelBytes);

function refusal(host: Host, disk: StagedDisk): NodeError {
  const { device, clusterId } = disk.goal;
  const findings =
    disk.findings.length > 0 ? disk.findings : [{ kind: 'foreign-content', detail: `it is ${disk.stage}` }];
  const what = findings.map((f) => f.detail).join('; ');
  return new NodeError(
    nodeFailure('DiskRefused', {
      message: `${device} on node ${host.node} cannot be used for cluster ${clusterId}: ${what}`,
      next: disk.findings.length > 0 ? nextFor(disk.findings) : undefined,
      subject: device,
      facts: { device, findings },
    }),
  );
}
