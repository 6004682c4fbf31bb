import type { FilesystemType } from './filesystems.ts';
import type { DiskMarker } from './marker.ts';

/** What was seen of one block device, before any judgement. Everything comes from the kernel or from its own bytes. */
export interface DiskObservation {
  /** The path that was looked at: from the spec, or the best stable name. */
  readonly path: string;
  /** `missing`: nothing is at the path. `other`: it is no block device. */
  readonly node: 'missing' | 'other' | 'block';
  /** The kernel device after all symlinks; empty unless `node` is `block`. */
  readonly device: string;
  readonly sizeBytes: number;
  /** lsblk's word: disk, loop, part, lvm, raid1, crypt, … */
  readonly type: string;
  readonly readOnly: boolean;
  readonly isPartition: boolean;
  /** Kernel names of its partitions. */
  readonly partitions: readonly string[];
  /** What the kernel has built on it: dm, md, bcache, loop devices. */
  readonly holders: readonly string[];
  /** Where the host has it, or a partition of it, mounted. */
  readonly mounts: readonly HostMount[];
  readonly isSwap: boolean;
  /** Everything that libblkid recognises, also what lies below something else. */
  readonly signatures: readonly Signature[];
  /** libblkid found several signatures that contradict each other. */
  readonly ambivalent: boolean;
  /** Answer of one open(2) with O_EXCL. `unknown`: not asked, because somebody else was at work on the disk. */
  readonly exclusive: 'free' | 'busy' | 'unknown';
  /** Processes that have the device open for writing. */
  readonly writers: readonly Writer[];
  /** What a tool said when it could not read the device; nothing is then known of its content. */
  readonly unreadable?: string;
  /** Present when the device carries a readable superblock of a kind that we make. */
  readonly filesystem?: FilesystemContent;
}

/** A process that has a device or a file open for writing. */
export interface Writer {
  readonly pid: number;
  readonly command: string;
}

export interface HostMount {
  readonly mountPath: string;
  readonly fsType: string;
  /** The device as the mount names it. */
  readonly source: string;
  /** The folder of the file system that is seen at `mountPath`; `/` unless it is a bind mount. */
  readonly root: string;
}

export interface Signature {
  readonly type: string;
  /** libblkid's usage: filesystem, raid, crypto, other; `partition-table`. */
  readonly usage: string;
  readonly uuid?: string;
  readonly label?: string;
}

/** What lies in a file system of a kind that we make, as far as the rules need it. */
export interface FilesystemContent {
  readonly type: FilesystemType;
  readonly uuid: string;
  /** The journal holds what the file system does not show yet; only meaningful while it is not mounted. */
  readonly needsRecovery: boolean;
  /** Names at the root, without `.` and `..`; undefined: the root cannot be read. */
  readonly rootEntries: readonly string[] | undefined;
  /** Those of the folders that mkfs made in which something lies by now, or that cannot be read. */
  readonly filledFolders: readonly string[];
  /** `broken`: the file is there and is not a marker. */
  readonly marker: DiskMarker | 'none' | 'broken';
}
