import type { FilesystemType } from './filesystems.ts';

/**
 * How a system wants disks that carry file systems. The layout of an operation says it and each order to a node carries
 * it, so what was recorded counts, whatever a later build would choose.
 */
export interface FormatOptions {
  readonly filesystem: FilesystemType;
  /** Smaller disks are refused. */
  readonly minBytes: number;
  /**
   * Name of the folder at the root that daemons live in (docs/disks.md#daemon-folder): it exists only inside the mounted
   * file system.
   */
  readonly daemonFolder: string;
}

/** A disk that gets a file system, mounted on the host. */
export interface FilesystemUse extends FormatOptions {
  readonly kind: 'filesystem';
  readonly mountPath: string;
}

/** A disk that a system's own tools write, without a file system. */
export interface RawUse {
  readonly kind: 'raw';
  /** Smaller disks are refused. */
  readonly minBytes: number;
}

/** What a cluster wants of a disk. */
export type DiskUse = FilesystemUse | RawUse;

/** A disk that a manifest names, and what it is wanted for. */
export interface DiskTarget<Use extends DiskUse = DiskUse> {
  /** The path in the manifest. */
  readonly device: string;
  readonly use: Use;
}
