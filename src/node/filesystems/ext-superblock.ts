import { open } from 'node:fs/promises';
import { isDeviceError } from '../host.ts';
import type { Superblock } from './filesystem.ts';

/** The few fields of an ext2/3/4 superblock that tell whose it is (linux/fs/ext4/ext4.h, struct ext4_super_block). */
export interface ExtSuperblock extends Superblock {
  readonly reservedBlocks: number;
}

const OFFSET = 1024;
const LENGTH = 1024;
const AT = { reservedLow: 0x8, magic: 0x38, incompat: 0x60, uuid: 0x68, reservedHigh: 0x154 } as const;
const MAGIC = 0xef53;
const INCOMPAT_RECOVER = 0x4;
const INCOMPAT_64BIT = 0x80;

/**
 * Undefined: no ext superblock can be read there. Reading two sectors of every disk finds one disk among many without
 * a process for each; whether the rest of the disk agrees is for libblkid to say.
 */
export async function readSuperblock(device: string): Promise<ExtSuperblock | undefined> {
  const block = Buffer.alloc(LENGTH);
  try {
    await using file = await open(device, 'r');
    const { bytesRead } = await file.read(block, 0, LENGTH, OFFSET);
    if (bytesRead < LENGTH) return undefined;
  } catch (error) {
    // Whatever a disk is that cannot be read, it is not ours.
    if (isDeviceError(error)) return undefined;
    throw error;
  }
  return parseSuperblock(block);
}

export function parseSuperblock(block: Buffer): ExtSuperblock | undefined {
  if (block.readUInt16LE(AT.magic) !== MAGIC) return undefined;
  const incompat = block.readUInt32LE(AT.incompat);
  const high = incompat & INCOMPAT_64BIT ? block.readUInt32LE(AT.reservedHigh) : 0;
  const hex = block.toString('hex', AT.uuid, AT.uuid + 16);
  return {
    uuid: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    needsRecovery: (incompat & INCOMPAT_RECOVER) !== 0,
    reservedBlocks: high * 2 ** 32 + block.readUInt32LE(AT.reservedLow),
  };
}
