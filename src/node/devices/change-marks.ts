import { readdir, readFile } from 'node:fs/promises';
import { hasCode, type Host, isMissing, procPath } from '../host.ts';
import { readMountTable } from '../mounts/mount-table.ts';
import { readOwnLines } from '../mounts/own-mounts.ts';
import type { BlockDevice } from './block-device.ts';
import { listBlockDevices, stableNames } from './device-list.ts';

/**
 * What can be read of a node every few seconds, without a process and without touching a disk. When it has not
 * changed, a look at the disks would find what it found before.
 */
export interface ChangeMarks {
  /** Which disks, partitions, names, holders, mounts and swaps there are. */
  readonly shape: string;
  /** What has been written to disks that nobody has mounted: their content may be another one now. */
  readonly written: string;
}

export async function readChangeMarks(host: Host): Promise<ChangeMarks> {
  const [devices, names, mounts, lines, swaps] = await Promise.all([
    listBlockDevices(host),
    stableNames(host),
    diskMounts(host),
    readOwnLines(host),
    swapsOf(host),
  ]);
  const mounted = new Set(mounts.map(({ majorMinor }) => majorMinor));
  const marks = await Promise.all(devices.map((device) => marksOf(device, mounted)));
  const shape = [
    marks.map((m) => m?.shape),
    [...names],
    mounts.map(({ majorMinor, mountPath, fsType }) => [majorMinor, mountPath, fsType]),
    lines,
    swaps,
  ];
  return { shape: JSON.stringify(shape), written: marks.map((m) => m?.written ?? '').join(' ') };
}

/** Undefined when the device has gone meanwhile: the next reading does not list it. */
async function marksOf(
  { sys, name, majorMinor }: BlockDevice,
  mounted: ReadonlySet<string>,
): Promise<{ readonly shape: readonly unknown[]; readonly written: string } | undefined> {
  try {
    const partitions = (await readdir(sys)).filter((entry) => entry.startsWith(name)).sort();
    const [size, readOnly, sequence, backing, stat, holders, numbers] = await Promise.all([
      read(`${sys}/size`),
      read(`${sys}/ro`),
      read(`${sys}/diskseq`),
      read(`${sys}/loop/backing_file`),
      read(`${sys}/stat`),
      readdir(`${sys}/holders`),
      Promise.all(partitions.map((partition) => read(`${sys}/${partition}/dev`))),
    ]);
    const used = holders.length > 0 || [majorMinor, ...numbers].some((n) => mounted.has(n ?? ''));
    return {
      shape: [name, majorMinor, size, readOnly, sequence, backing, holders, partitions, numbers],
      written: used ? '' : writtenSectors(stat),
    };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Sectors written and discarded since the device came (Documentation/admin-guide/iostats.rst). */
function writtenSectors(stat: string | undefined): string {
  const fields = (stat ?? '').split(/\s+/);
  return `${fields[6] ?? 0}+${fields[13] ?? 0}`;
}

/** Whole file systems on disks; bind mounts of folders, and file systems without a device, say nothing about disks. */
const diskMounts = async (host: Host) =>
  (await readMountTable(host)).filter(({ root, majorMinor }) => root === '/' && !majorMinor.startsWith('0:'));

/** Names only: how much of a swap is in use changes all the time. */
const swapsOf = async (host: Host): Promise<readonly string[]> =>
  (await readFile(procPath(host, 'swaps'), 'utf8')).split('\n').map((line) => line.split(/\s+/, 1).join(''));

async function read(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

const isGone = (error: unknown): boolean =>
  isMissing(error) || hasCode(error, 'ENODEV') || hasCode(error, 'ENXIO');
