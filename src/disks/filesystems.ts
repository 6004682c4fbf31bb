/** What the rules know of one kind of file system. Its tools are in src/node/filesystems. */
interface FilesystemTraits {
  /** Folders that mkfs itself makes at the root. */
  readonly madeByMkfs: readonly string[];
  /** Mount options, on the command line and in fstab alike, with which a disk with errors stops taking writes. */
  readonly onErrors: readonly string[];
}

/** The file systems that Keelson makes, by the name that mkfs, mount and fstab know them by. */
export const FILESYSTEMS = {
  ext4: { madeByMkfs: ['lost+found'], onErrors: ['errors=remount-ro'] },
} as const satisfies Readonly<Record<string, FilesystemTraits>>;

export type FilesystemType = keyof typeof FILESYSTEMS;

export const traitsOf = (type: FilesystemType): FilesystemTraits => FILESYSTEMS[type];

/** Whether the third field of a line in fstab names one of ours. */
export const isFilesystemType = (type: string): type is FilesystemType => Object.hasOwn(FILESYSTEMS, type);
