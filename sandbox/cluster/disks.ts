import { mkdir, open, readFile, readdir } from 'node:fs/promises';
import { diskLetters, diskSizeBytes, paths, stateDir, type NodeName } from '../settings.ts';
import { ask, run } from '../machine/run.ts';
import { until } from '../machine/wait.ts';

export interface Disk {
  /** The stable name on the node: /dev/vdc. */
  readonly name: string;
  readonly image: string;
  readonly loop: string;
}

function imageOf(node: NodeName, letter: string): string {
  return `${paths.nodes}/${node}/disks/vd${letter}.img`;
}

export async function createDiskImages(node: NodeName): Promise<void> {
  await mkdir(`${paths.nodes}/${node}/disks`, { recursive: true });
  for (const letter of diskLetters) {
    const file = await open(imageOf(node, letter), 'a');
    await file.truncate(diskSizeBytes);
    await file.close();
  }
}

/** Loop devices in use: device → file behind it. Read from /sys, where also deleted files are named. */
async function loopsInUse(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of await readdir('/sys/block')) {
    if (!name.startsWith('loop')) continue;
    const file = await readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(() => '');
    if (file !== '') found.set(`/dev/${name}`, file.trim().replace(/ \(deleted\)$/, ''));
  }
  return found;
}

/** Those of the sandbox, or of one node: device and file behind it. */
export async function ownLoops(node?: NodeName): Promise<[device: string, file: string][]> {
  const below = node === undefined ? `${stateDir}/` : `${paths.nodes}/${node}/`;
  return [...(await loopsInUse())].filter(([, file]) => file.startsWith(below));
}

/** Attaches the node's disks to free loop devices. A reboot may find them under other numbers; their names stay. */
export async function attachDisks(node: NodeName): Promise<Disk[]> {
  const attached: Disk[] = [];
  for (const letter of diskLetters) {
    const image = imageOf(node, letter);
    const known = [...(await loopsInUse())].find(([, file]) => file === image)?.[0];
    const loop = known ?? (await run(['losetup', '--find', '--show', image]));
    attached.push({ name: `/dev/vd${letter}`, image, loop });
  }
  return attached;
}

/** Takes away the loop devices of one node, or of the whole sandbox, and returns when they are really free. */
export async function detachDisks(node?: NodeName): Promise<void> {
  await until(`loop devices of ${node ?? 'the sandbox'} to become free`, 60, async () => {
    const ours = await ownLoops(node);
    // Still mounted somewhere, the device goes when the last mount goes: mounts of a killed node end with its namespace.
    for (const [device] of ours) await ask(['losetup', '--detach', device]);
    return ours.length === 0 ? true : undefined;
  });
}
