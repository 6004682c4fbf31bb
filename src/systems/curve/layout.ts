/**
 * Where everything of one CurveBS cluster runs: derived from the spec and the nodes' addresses, nothing else.
 * The rules are curve.md 1.5, 2.1 and 3.2.
 */

/** One etcd member: `name` is etcd's own (etcd00, etcd10, …), `id` our instance letter (a, b, …). */
export interface EtcdMember {
  readonly id: string;
  readonly name: string;
  readonly node: string;
  readonly ip: string;
  readonly peerPort: number;
  readonly clientPort: number;
}

export interface MdsInstance {
  readonly id: string;
  readonly node: string;
  readonly ip: string;
  readonly port: number;
  /** The only port that a follower listens on. */
  readonly dummyPort: number;
}

export interface SnapshotcloneInstance {
  readonly id: string;
  readonly node: string;
  readonly ip: string;
  /** Only the active instance listens here. */
  readonly port: number;
  readonly dummyPort: number;
  /** nginx; listens on every instance and finds the active one. */
  readonly proxyPort: number;
}

/** Where the S3 keys are: never the keys themselves. The Secret has the keys `ak` and `sk`. */
export interface S3Reference {
  readonly endpoint: string;
  readonly bucket: string;
  readonly secretName: string;
}

/** The document that one operation works from, and which attempt at it this is. */
export interface OperationId {
  readonly namespace: string;
  readonly name: string;
  /** uid of the CurveCluster resource. */
  readonly uid: string;
  readonly generation: number;
  /** 1 for the first; every retry of the same generation counts one up. */
  readonly attempt: number;
}

/**
 * What every step of one operation needs to know, small enough to travel with each activity: it names the control
 * plane and the settings, never the list of storage nodes.
 */
export interface CurveContext {
  readonly operation: OperationId;
  /** Minted at the first apply, kept in ConfigMap `<name>-keelson` (design.md 4.4). */
  readonly clusterId: string;
  readonly image: string;
  readonly imagePullPolicy: 'IfNotPresent' | 'Always' | 'Never';
  readonly hostDataDir: string;
  readonly etcd: readonly EtcdMember[];
  readonly mds: readonly MdsInstance[];
  /** Empty when snapshotclone is not enabled. */
  readonly snapshotclone: readonly SnapshotcloneInstance[];
  readonly s3?: S3Reference;
  readonly etcdConfig: Readonly<Record<string, string>>;
  readonly mdsConfig: Readonly<Record<string, string>>;
}

/** One chunkserver and its disk. */
export interface ChunkserverDisk {
  /** Position among the disks of its node, from 0; the port is base + index. */
  readonly index: number;
  /** The path in the spec, e.g. `/dev/vdc`: may be a symlink. */
  readonly device: string;
  /** Where the host mounts it, e.g. `/data/chunkserver0`. */
  readonly mountPath: string;
  /** Share of the file system that curve_format fills with chunks, 1..100. */
  readonly percentage: number;
  readonly port: number;
}

export interface StorageNode {
  readonly node: string;
  readonly ip: string;
  readonly zone: string;
  readonly disks: readonly ChunkserverDisk[];
}

export interface PoolLayout {
  /** Physical and logical pool share the name. */
  readonly name: string;
  /** Copysets of the logical pool: floor(sum of all chunkservers' copySets / 3), at least 1. */
  readonly copysets: number;
}

export interface CurveLayout {
  readonly context: CurveContext;
  readonly storage: readonly StorageNode[];
  readonly pool: PoolLayout;
}
