/**
 * What is known of a block device, and what the rules of docs/disks.md make of it. Pure data: it travels
 * between the node worker, which observes, and the workflows, which decide.
 */

/**
 * How a disk is recognised again. `wwn` and `serial` live as long as the hardware; `boot` is valid for one boot only,
 * for disks that carry neither (loop devices, many virtio disks).
 */
export type DiskIdentity =
  | { readonly kind: 'wwn'; readonly value: string; readonly sizeBytes: number }
  | { readonly kind: 'serial'; readonly value: string; readonly sizeBytes: number }
  | ({ readonly kind: 'boot' } & KernelIdentity);

/** How the kernel itself tells a disk from all others, in this boot. */
export interface KernelIdentity {
  readonly bootId: string;
  /** `major:minor` of the kernel device. */
  readonly device: string;
  /** `/sys/block/X/diskseq`: grows with every disk that the kernel meets in this boot; 0 before Linux 5.15. */
  readonly diskSeq: number;
  readonly sizeBytes: number;
  /** Loop devices only. */
  readonly backingFile?: string;
  readonly backingOffset?: number;
}

/** One reason why a disk is not free; `detail` is a sentence for people that names what was found. */
export interface DiskFinding {
  readonly kind:
    | 'missing'
    | 'not-a-block-device'
    | 'not-a-whole-disk'
    | 'read-only'
    | 'too-small'
    | 'filesystem'
    | 'partition-table'
    | 'partition'
    | 'signature'
    | 'holder'
    | 'mounted'
    | 'mounted-elsewhere'
    | 'swap'
    | 'in-use'
    | 'unreadable'
    | 'foreign-cluster'
    | 'foreign-content';
  readonly detail: string;
}

/** One disk of a node as a person sees it in the list of devices and in a plan. */
export interface Disk {
  /** The stable name that a spec would use: the path asked for, or the best stable link, or the kernel name. */
  readonly path: string;
  /** The kernel device after all symlinks, e.g. `/dev/loop3`. */
  readonly device: string;
  readonly sizeBytes: number;
  readonly type: string;
  readonly model?: string;
  readonly rotational?: boolean;
  readonly identity: DiskIdentity;
  /** Empty: the disk can be used. */
  readonly findings: readonly DiskFinding[];
}
