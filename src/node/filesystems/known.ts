import type { FilesystemType } from '../../disks/filesystems.ts';
import { ext4 } from './ext4.ts';
import type { Filesystem } from './filesystem.ts';

const BY_TYPE: Readonly<Record<FilesystemType, Filesystem>> = { ext4 };

const KNOWN = Object.values(BY_TYPE);

export const filesystemOf = (type: FilesystemType): Filesystem => BY_TYPE[type];

/** The file system whose superblock a device shows; undefined when it is none that we make. */
export async function filesystemOn(
  device: string,
): Promise<
  { readonly filesystem: Filesystem; readonly uuid: string; readonly needsRecovery: boolean } | undefined
> {
  for (const filesystem of KNOWN) {
    const superblock = await filesystem.readSuperblock(device);
    if (superblock !== undefined) return { filesystem, ...superblock };
  }
  return undefined;
}

/** The kind that a mount table names so; undefined when it is none that we make. */
export const mountedAs = (fsType: string): Filesystem | undefined =>
  KNOWN.find(({ mountTypes }) => mountTypes.includes(fsType));
