import { open, stat } from 'node:fs/promises';
import { stateDir } from '../../sandbox/settings.ts';

/** A disk of a node from outside: the file behind it, read by bytes, with no tool of the product. */

export const imageOf = (node: string, device: string): string =>
  `${stateDir}/nodes/${node}/disks/${device.replace('/dev/', '')}.img`;

export interface Superblock {
  readonly uuid: string;
  readonly label: string;
  /** The seed of directory hashes: random at each mkfs, also when the UUID is given. */
  readonly hashSeed: string;
}

/** The ext superblock; undefined when there is none. */
export async function superblockOf(node: string, device: string): Promise<Superblock | undefined> {
  await using image = await open(imageOf(node, device), 'r');
  const block = Buffer.alloc(1024);
  await image.read(block, 0, block.length, 1024);
  if (block.readUInt16LE(0x38) !== 0xef53) return undefined;
  const hex = (at: number): string => block.toString('hex', at, at + 16);
  return {
    uuid: hex(0x68).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    label: block.toString('latin1', 0x78, 0x88).replace(/\0+$/, ''),
    hashSeed: hex(0xec),
  };
}

/** Changes whenever anything is written to the disk. */
export async function traceOf(node: string, device: string): Promise<string> {
  await using image = await open(imageOf(node, device), 'r');
  await image.sync();
  const { mtimeNs, blocks } = await stat(imageOf(node, device), { bigint: true });
  return `written at ${mtimeNs}, ${blocks} blocks`;
}

/** Nothing was ever written to the disk: the sandbox's images are sparse. */
export async function isBlank(node: string, device: string): Promise<boolean> {
  const { blocks } = await stat(imageOf(node, device));
  return blocks === 0;
}
