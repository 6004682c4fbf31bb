import { readdir, realpath } from 'node:fs/promises';
import { type BlockDevice, openPath } from './block-device.ts';
import { type Host, isMissing } from '../host.ts';
import { readFile } from 'node:fs/promises';

/**
 * Every whole disk of the node: the kernel's names from /sys, taken only where the node's own /dev has them. /sys can
 * show more than belongs to this node (the sandbox's nodes share one kernel).
 */
export async function listBlockDevices(host: Host): Promise<readonly BlockDevice[]> {
  const names = (await readdir('/sys/block')).filter((name) => !NO_DISKS.test(name)).sort(byNumber);
  const found = await Promise.all(names.map((name) => attachedDisk(host, name)));
  return found.filter((device) => device !== undefined);
}

// Memory, optical and floppy drives, and network block devices without a server.
const NO_DISKS = /^(ram|zram|sr|fd)\d+$/;

async function attachedDisk(host: Host, name: string): Promise<BlockDevice | undefined> {
  // '!' stands for a slash in the kernel's names (cciss!c0d0).
  const device = await openPath(`${host.dev}/${name.replaceAll('!', '/')}`);
  if (typeof device === 'string' || device.name !== name) return undefined;
  // A loop or nbd device without a disk behind it has no size.
  const sectors = await readFile(`${device.sys}/size`, 'utf8');
  return Number(sectors) === 0 ? undefined : device;
}

const byNumber = new Intl.Collator('en', { numeric: true }).compare;

/**
 * The name that a spec would best use for each device: hardware names first, because they follow the disk to another
 * slot, then links directly below /dev, then the slot.
 */
export async function stableNames(host: Host): Promise<ReadonlyMap<string, string>> {
  const best = new Map<string, string>();
  for (const folder of [`${host.dev}/disk/by-id`, host.dev, `${host.dev}/disk/by-path`]) {
    for (const link of await linksIn(folder)) {
      if (!best.has(link.device)) best.set(link.device, link.path);
    }
  }
  return best;
}

/** Links whose names say who made the disk come before bare numbers; ids of what lies on the disk are no names for it. */
async function linksIn(folder: string): Promise<readonly { path: string; device: string }[]> {
  let entries;
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  const names = entries
    .filter((e) => e.isSymbolicLink() && !/^(lvm-pv-uuid|dm-|md-)/.test(e.name))
    .map((e) => e.name)
    .sort((a, b) => Number(a.startsWith('wwn-')) - Number(b.startsWith('wwn-')) || byNumber(a, b));
  const links = await Promise.all(
    names.map(async (name) => ({ path: `${folder}/${name}`, device: await target(`${folder}/${name}`) })),
  );
  return links.filter((link): link is { path: string; device: string } => link.device !== undefined);
}

async function target(link: string): Promise<string | undefined> {
  try {
    return await realpath(link);
  } catch (error) {
    if (isMissing(error)) return undefined; // a dangling link
    throw error;
  }
}
