import { v5 } from 'uuid';

/**
 * The UUID of the file system that a disk of a cluster has or will have (docs/disks.md#file-system-uuid): every later operation computes
 * the same one, so a disk is found again under whatever name it has after a reboot.
 *
 * @param clusterId the cluster's UUID
 * @param device the path as the spec writes it, e.g. `/dev/vdc`, never the resolved one
 */
export const fsUuidOf = (clusterId: string, node: string, device: string): string =>
  v5(`${node}/${device}`, clusterId);
