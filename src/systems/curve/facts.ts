/** What the control worker saw, as plain data; the decisions about it are pure functions in this folder. */

export interface NodeFacts {
  readonly name: string;
  readonly exists: boolean;
  readonly ready: boolean;
  readonly schedulable: boolean;
  /** InternalIP of IPv4. */
  readonly ip?: string;
  /** InternalIP of a node that has none of IPv4. */
  readonly ipv6Alone?: string;
  readonly kernelVersion?: string;
}

export interface KubernetesFacts {
  /** Absent while no apply has minted one. */
  readonly clusterId?: string;
  readonly namespaceExists: boolean;
  readonly nodes: readonly NodeFacts[];
  /** Objects in the namespace that begin as our names do but do not carry our cluster's labels. */
  readonly namesTaken: readonly { readonly kind: string; readonly name: string; readonly owner: string }[];
  /** Deployments of curve-operator that run anywhere in this Kubernetes: `namespace/name`. */
  readonly curveOperators: readonly string[];
  /** Absent when the spec names no Secret. */
  readonly s3Secret?: 'usable' | 'missing' | 'incomplete';
  /** What immutability counts from: daemons and pools that exist already. */
  readonly existing: ExistingCluster;
}

/** What of a cluster exists already, with the fields that can then no longer change. */
export interface ExistingCluster {
  readonly daemons: readonly ExistingDaemon[];
}

export interface ExistingDaemon {
  readonly role: 'etcd' | 'mds' | 'chunkserver' | 'snapshotclone';
  /** Name of its Deployment. */
  readonly name: string;
  /** Instance letter; for a chunkserver the name of its Deployment. */
  readonly id: string;
  readonly node: string;
  /** A container of it has run at least once: from then on it may have left data behind. */
  readonly started: boolean;
  /** Port by the name of the field in the layout, e.g. `dummyPort`; as the daemon runs. */
  readonly ports: Readonly<Record<string, number>>;
  readonly image?: string;
  readonly hostDataDir?: string;
  /** Chunkservers only. */
  readonly device?: string;
  readonly mountPath?: string;
  readonly zone?: string;
  /** InternalIP of its node when it was made. */
  readonly ip?: string;
}

/** MDS's own answers, from curve_ops_tool in an mds pod. */
export interface PoolFacts {
  /** False: no mds leader answered; then all else is empty. */
  readonly answered: boolean;
  readonly servers: readonly {
    readonly id: number;
    readonly name: string;
    readonly ip: string;
    readonly port: number;
    readonly zoneId: number;
    readonly poolId: number;
  }[];
  readonly logicalPools: readonly {
    readonly name: string;
    /** Ids are told only after mds has counted the sizes of a new pool, up to a minute after it was made. */
    readonly id?: number;
    readonly physicalPoolId?: number;
    /** From what the chunkservers hold: the list of pools does not tell. */
    readonly copysets: number;
  }[];
  readonly chunkservers: readonly {
    readonly id: number;
    readonly ip: string;
    readonly port: number;
    readonly onlineState: 'ONLINE' | 'OFFLINE' | 'UNSTABLE';
    readonly copysets: number;
  }[];
  readonly copysetsHealthy: boolean;
  readonly copysetsDetail: string;
}
