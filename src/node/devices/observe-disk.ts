import { readFile } from 'node:fs/promises';
import type { Disk, DiskFinding } from '../../disks/facts.ts';
import { identityOf } from '../../disks/identity.ts';
import type { DiskObservation, HostMount, Writer } from '../../disks/observation.ts';
import { type BlockDevice, type DeviceFacts, factsOf, openPath, readBootId } from './block-device.ts';
import { isExclusivelyFree, tryShared, withLock } from './device-lock.ts';
import { readContent } from '../filesystems/content.ts';
import { type Host, isDeviceError, procPath } from '../host.ts';
import { readMountTable } from '../mounts/mount-table.ts';
import { NodeError } from '../node-error.ts';
import { writersByDevice } from '../processes.ts';
import { readSignatures } from './signatures.ts';

/** One disk as it is now: what the rules judge, and what a person sees. */
export interface Observed {
  readonly observation: DiskObservation;
  /** Everything of a Disk but the findings, which depend on the question. */
  readonly disk: Omit<Disk, 'findings'>;
  readonly device?: BlockDevice;
}

/**
 * `wait`: first wait until nobody formats it, so that the answer is about a settled disk. `try`: answer at once; when
 * somebody is at work, that is the finding. `held`: the caller holds the lock.
 */
export type LockUse = 'wait' | 'try' | 'held';

export interface ObserveOptions {
  readonly lock: LockUse;
  readonly signal?: AbortSignal;
  /** The name to show instead of the path that was looked at. */
  readonly name?: string;
  /**
   * Who has devices open for writing, when the caller knows. Left out: all processes of the node are looked through,
   * which on a busy node is the slowest part of a look.
   */
  readonly writers?: (majorMinor: string) => readonly Writer[];
}

/** Looks at whatever is at `path`. Changes nothing. */
export async function observeDisk(host: Host, path: string, options: ObserveOptions): Promise<Observed> {
  const device = await openPath(path);
  if (typeof device === 'string') return absent(host, options.name ?? path, device);
  const look = (exclusive: 'ask' | 'leave') => observeDevice(host, device, options, exclusive);
  switch (options.lock) {
    case 'held':
      return look('ask');
    case 'wait': {
      const request = { mode: 'shared', ...(options.signal ? { signal: options.signal } : {}) } as const;
      return withLock(host, device.device, request, () => look('ask'));
    }
    case 'try':
      return (await tryShared(host, device.device, () => look('ask'))) ?? look('leave');
  }
}

async function observeDevice(
  host: Host,
  device: BlockDevice,
  options: ObserveOptions,
  exclusive: 'ask' | 'leave',
): Promise<Observed> {
  const path = options.name ?? device.path;
  const writers = options.writers ?? (await writersByDevice(host));
  const facts = await factsOf(host, device);
  const mounts = await mountsOf(host, device, facts);
  const whole = mounts.find((m) => m.root === '/');
  const observation: DiskObservation = {
    path,
    node: 'block',
    device: device.device,
    sizeBytes: facts.sizeBytes,
    type: facts.type,
    readOnly: facts.readOnly,
    isPartition: facts.isPartition,
    partitions: facts.partitions,
    holders: facts.holders,
    mounts,
    isSwap: await isSwap(host, device),
    ...(await contentOf(host, device, whole && `${host.root}${whole.mountPath}`)),
    exclusive: exclusive === 'leave' ? 'unknown' : (await isExclusivelyFree(device.device)) ? 'free' : 'busy',
    writers: exclusive === 'leave' ? [] : writers(device.majorMinor),
  };
  return { observation, disk: describe(path, device, facts), device };
}

type Content = Pick<DiskObservation, 'signatures' | 'ambivalent' | 'filesystem' | 'unreadable'>;

/** A disk that cannot be read is a finding about this disk, not a failure of the look at all of them. */
async function contentOf(host: Host, device: BlockDevice, mountedHere: string | undefined): Promise<Content> {
  try {
    const filesystem = await readContent(host, device.device, mountedHere);
    return {
      ...(await readSignatures(host, device.device)),
      ...(filesystem === undefined ? {} : { filesystem }),
    };
  } catch (error) {
    const isTool = error instanceof NodeError && error.code === 'ToolFailed';
    if (!isTool && !isDeviceError(error)) throw error;
    return { signatures: [], ambivalent: false, unreadable: error.message };
  }
}

function describe(path: string, device: BlockDevice, facts: DeviceFacts): Omit<Disk, 'findings'> {
  return {
    path,
    device: device.device,
    sizeBytes: facts.sizeBytes,
    type: facts.type,
    ...(facts.model === undefined ? {} : { model: facts.model }),
    rotational: facts.rotational,
    identity: facts.identity,
  };
}

/** What the host has mounted from the device or one of its partitions. */
async function mountsOf(host: Host, device: BlockDevice, facts: DeviceFacts): Promise<readonly HostMount[]> {
  const partitions = await Promise.all(
    facts.partitions.map(async (p) => (await readFile(`${device.sys}/${p}/dev`, 'utf8')).trim()),
  );
  const numbers = [device.majorMinor, ...partitions];
  return (await readMountTable(host))
    .filter((entry) => numbers.includes(entry.majorMinor))
    .map(({ mountPath, fsType, source, root }) => ({ mountPath, fsType, source, root }));
}

async function isSwap(host: Host, device: BlockDevice): Promise<boolean> {
  const [, ...lines] = (await readFile(procPath(host, 'swaps'), 'utf8')).trim().split('\n');
  const active = await Promise.all(lines.map((line) => openPath(line.split(/\s+/)[0] ?? '')));
  return active.some((swap) => typeof swap !== 'string' && swap.majorMinor === device.majorMinor);
}

/** There is no disk, so its identity can only say that: nothing that is found later equals it. */
async function absent(host: Host, path: string, node: 'missing' | 'other'): Promise<Observed> {
  const nothing = { path, device: '', sizeBytes: 0, type: node };
  const identity = identityOf({ bootId: await readBootId(host), device: '', diskSeq: 0, sizeBytes: 0 });
  const observation: DiskObservation = {
    ...nothing,
    node,
    readOnly: false,
    isPartition: false,
    partitions: [],
    holders: [],
    mounts: [],
    isSwap: false,
    signatures: [],
    ambivalent: false,
    exclusive: 'free',
    writers: [],
  };
  return { observation, disk: { ...nothing, identity } };
}

export const withFindings = (observed: Observed, findings: readonly DiskFinding[]): Disk => ({
  ...observed.disk,
  findings,
});
