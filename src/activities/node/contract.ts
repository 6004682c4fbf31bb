import type { DataDir } from '../../disks/data-dir.ts';
import type { Disk, DiskIdentity } from '../../disks/facts.ts';
import type { Leftover } from '../../disks/leftover.ts';
import type { OwnMount } from '../../disks/own-mount.ts';
import type { DiskStage } from '../../disks/stage.ts';
import type { DiskTarget, DiskUse, FilesystemUse } from '../../disks/use.ts';
import type { PortClaim } from '../../systems/port-claim.ts';

/**
 * What a node worker can be asked to do. One call handles all disks of its node. Implemented in this folder, called
 * from workflows on the queues of queues.ts: the first two and everything that only
 * looks on the probe queue (its slots are many and cheap), `formatDisks`, `emptyPools` and `claimHostDataDir` on the work
 * queue.
 */
export interface NodeActivities {
  /** Says that the node worker lives. */
  probeNode(): Promise<NodeProbe>;

  /**
   * Heartbeats until it is cancelled. Its heartbeat timeout is what says that a node stopped answering, so that work in
   * progress needs no liveness of its own. Costs nothing: many may run at once on the probe queue.
   */
  watchLiveness(): Promise<void>;

  /**
   * Heartbeats until something about the node's disks or our mounts is not as it was `known`, and tells how they are
   * now; at once when nothing is known. Changes nothing. A look that fails is an answer too, with its trouble.
   * @param input.known fingerprint of the last report
   */
  watchNode(input: { readonly known?: string }): Promise<NodeReport>;

  /** Observe: what is on the named disks now, and how far each one is (docs/disks.md#how-far-a-disk-is). Changes nothing. */
  inspectDisks(input: NodeDisks): Promise<readonly DiskState[]>;

  /** Observe: all that stands in the way of a cluster on this node. Changes nothing. */
  inspectNode(input: NodeInspection): Promise<NodeFindings>;

  /** Creates the data directory on the host with the owner file of this cluster id in it (docs/disks.md#host-data-directory). Idempotent. */
  claimHostDataDir(input: {
    readonly clusterId: string;
    /** `<namespace>/<name>`, for people. */
    readonly cluster: string;
    readonly dataDir: DataDir;
  }): Promise<void>;

  /**
   * Act: brings every disk to "formatted, marked, mounted, in fstab", through the one door of docs/disks.md#one-writer. Does only
   * what is missing; refuses (typed, not retryable) what is foreign. Heartbeats {@link Progress}.
   */
  formatDisks(input: FormatDisksInput): Promise<readonly FormattedDisk[]>;
}

export interface NodeProbe {
  readonly node: string;
  readonly bootId: string;
  readonly version: string;
}

/** What a node is like now. */
export interface NodeReport {
  /** The same for the same disks, mounts, boot, version and trouble. */
  readonly fingerprint: string;
  readonly version: string;
  readonly bootId?: string;
  /** Every disk with the reasons why it cannot be used; absent when they cannot be told. */
  readonly disks?: readonly Disk[];
  /** Our own lines in fstab and what is mounted there; absent when they cannot be told. */
  readonly mounts?: readonly OwnMount[];
  /** Why something is absent. */
  readonly trouble?: string;
}

/** What a cluster wants of one node. */
export interface NodeInspection extends NodeDisks {
  readonly dataDir: DataDir;
  readonly ports: readonly PortClaim[];
}

export interface NodeFindings {
  /** Which of the ports is taken, and by which process. Our own daemons are told apart. */
  readonly ports: readonly PortTaken[];
  /** What other clusters left under the host data directory and the mount paths. Named, never removed. */
  readonly leftovers: readonly Leftover[];
  /** As inspectDisks tells them. */
  readonly disks: readonly DiskState[];
}

/** Disks of one cluster on one node. */
export interface NodeDisks<Use extends DiskUse = DiskUse> {
  readonly clusterId: string;
  readonly node: string;
  readonly disks: readonly DiskTarget<Use>[];
}

/** Those that carry file systems. */
export type NodeFilesystems = NodeDisks<FilesystemUse>;

/** A disk and how far it is. One that is refused carries its findings; everything else may go on. */
export interface DiskState {
  readonly disk: Disk;
  readonly stage: DiskStage;
}

export interface FormatDisksInput extends NodeFilesystems {
  readonly disks: readonly (DiskTarget<FilesystemUse> & {
    /** Recorded at planning; compared right before the first write. Absent when the disk was already ours. */
    readonly identity?: DiskIdentity;
  })[];
}

export interface FormattedDisk {
  readonly device: string;
  readonly mountPath: string;
  readonly fsUuid: string;
  /** True when this call ran mkfs; false when it found the disk done. */
  readonly formatted: boolean;
  /** A sentence when something a person should know happened, e.g. the identity was taken again after a reboot. */
  readonly note?: string;
}

export interface PortTaken extends PortClaim {
  /** Command name and pid, as far as they can be seen. */
  readonly by: string;
  /** True when the listener is a daemon of this very cluster id: it is then no conflict. */
  readonly ours: boolean;
  /** Id of another cluster whose daemon listens there. */
  readonly clusterId?: string;
}

/** Heartbeat detail of every activity that takes longer than a few seconds. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** What is being waited for or done now, in words; names disk or object. */
  readonly waitingFor: string;
}
