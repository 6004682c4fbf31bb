import { readFile, readdir, realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { type IdentityFacts, identityOf } from '../../disks/identity.ts';
import type { DiskIdentity } from '../../disks/facts.ts';
import { hasCode, type Host, isMissing, procPath } from '../host.ts';
import { LOOK_TIMEOUT_MS, runTool } from '../tools.ts';

/** A device node that was found, and the kernel's name and numbers for it. */
export interface BlockDevice {
  /** The path that was asked for. */
  readonly path: string;
  /** After all symlinks, e.g. `/dev/loop3`. */
  readonly device: string;
  /** The kernel's name, e.g. `loop3`. */
  readonly name: string;
  readonly majorMinor: string;
  /** Folder of the device below /sys. */
  readonly sys: string;
}

/** `missing` or `other` when there is no block device at the path. */
export async function openPath(path: string): Promise<BlockDevice | 'missing' | 'other'> {
  try {
    const device = await realpath(path);
    const status = await stat(device, { bigint: true });
    if (!status.isBlockDevice()) return 'other';
    const majorMinor = numbersOf(status.rdev);
    const sys = await realpath(`/sys/dev/block/${majorMinor}`);
    return { path, device, name: basename(sys), majorMinor, sys };
  } catch (error) {
    // Also ENXIO-like leftovers: a device node whose disk is gone has no entry below /sys.
    if (isMissing(error)) return 'missing';
    throw error;
  }
}

/** Linux packs major and minor into one number in a way of its own (gnu_dev_major(3)). */
export const numbersOf = (rdev: bigint): string => {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn);
  return `${major}:${minor}`;
};

/** What the kernel and udev say about a device itself. */
export interface DeviceFacts {
  readonly type: string;
  readonly sizeBytes: number;
  readonly readOnly: boolean;
  readonly rotational: boolean;
  readonly model?: string;
  readonly isPartition: boolean;
  readonly partitions: readonly string[];
  readonly holders: readonly string[];
  readonly identity: DiskIdentity;
}

const text = z.string().trim().min(1).nullish();
const lsblkSchema = z.object({
  blockdevices: z.tuple([
    z.object({
      type: z.string(),
      size: z.number(),
      ro: z.boolean(),
      rota: z.boolean(),
      model: text.catch(undefined),
      serial: text.catch(undefined),
      wwn: text.catch(undefined),
    }),
  ]),
});

export async function factsOf(host: Host, device: BlockDevice): Promise<DeviceFacts> {
  const columns = 'TYPE,SIZE,RO,ROTA,MODEL,SERIAL,WWN';
  const answer = await runTool(host, 'lsblk', ['-J', '-b', '-d', '-o', columns, device.device], {
    timeoutMs: LOOK_TIMEOUT_MS,
  });
  const [disk] = lsblkSchema.parse(JSON.parse(answer.stdout)).blockdevices;
  const entries = await readdir(device.sys);
  const partitions = await keep(entries, (e) => exists(`${device.sys}/${e}/partition`));
  const identityFacts: IdentityFacts = {
    ...(disk.wwn ? { wwn: disk.wwn } : {}),
    ...(disk.serial ? { serial: disk.serial } : {}),
    bootId: await readBootId(host),
    device: device.majorMinor,
    diskSeq: Number((await read(`${device.sys}/diskseq`)) ?? 0),
    sizeBytes: disk.size,
    ...(await loopBacking(device)),
  };
  return {
    type: disk.type,
    sizeBytes: disk.size,
    readOnly: disk.ro,
    rotational: disk.rota,
    ...(disk.model ? { model: disk.model } : {}),
    isPartition: entries.includes('partition'),
    partitions,
    holders: [...(await readdir(`${device.sys}/holders`)), ...(await loopsOn(device))],
    identity: identityOf(identityFacts),
  };
}

/** Sandboxes and tests bind another file over the host's boot id, so it is read where the host has it. */
export const readBootId = async (host: Host): Promise<string> =>
  (await readFile(procPath(host, 'sys/kernel/random/boot_id'), 'utf8')).trim();

async function loopBacking(device: BlockDevice): Promise<{ backingFile?: string; backingOffset?: number }> {
  const backingFile = await read(`${device.sys}/loop/backing_file`);
  if (backingFile === undefined) return {};
  return { backingFile, backingOffset: Number((await read(`${device.sys}/loop/offset`)) ?? 0) };
}

/** Loop devices that lie on this device; the kernel lists no holder for them. */
async function loopsOn(device: BlockDevice): Promise<readonly string[]> {
  const loops = (await readdir('/sys/block')).filter((name) => name.startsWith('loop'));
  return keep(loops, async (loop) => {
    const backing = await read(`/sys/block/${loop}/loop/backing_file`);
    if (!backing?.startsWith('/dev/')) return false;
    const below = await openPath(backing);
    return typeof below !== 'string' && below.majorMinor === device.majorMinor;
  });
}

async function keep<T>(items: readonly T[], test: (item: T) => Promise<boolean>): Promise<readonly T[]> {
  const verdicts = await Promise.all(items.map(test));
  return items.filter((_, i) => verdicts[i]);
}

async function read(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    // ENODEV, ENXIO: the device went away between two looks at it.
    if (isMissing(error) || hasCode(error, 'ENODEV') || hasCode(error, 'ENXIO')) return undefined;
    throw error;
  }
}

const exists = async (path: string): Promise<boolean> => (await read(path)) !== undefined;
