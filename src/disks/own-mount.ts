/** One line of ours in a host's fstab, and what the host has mounted there. */
export interface OwnMount {
  readonly clusterId: string;
  readonly mountPath: string;
  /** UUID of the file system that the line names. */
  readonly fsUuid: string;
  /**
   * UUID of what is mounted at the path; of a file system that has none, its kind and source in words. Absent when
   * nothing is mounted there.
   */
  readonly found?: string;
}

/** The disk is where it belongs. */
export const isInPlace = ({ fsUuid, found }: OwnMount): boolean => found === fsUuid;
