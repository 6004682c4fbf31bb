import type { FormatOptions } from '../../disks/use.ts';

/** How the disk of a chunkserver is formatted. A layout carries it, so that what was recorded counts. */
export const DISK_FORMAT: FormatOptions = {
  filesystem: 'ext4',
  // ext4's own journal and tables take a good part of a smaller disk, and what is left holds too few chunks of 16 MiB
  // for a pool. The real need follows from the spec's percentage and is far above this.
  minBytes: 512 * 1024 ** 2,
  daemonFolder: 'curve',
};
