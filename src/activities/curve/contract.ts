import type { KubernetesFacts, PoolFacts } from '../../systems/curve/facts.ts';
import type {
  CurveContext,
  CurveLayout,
  LayoutInput,
  PoolLayout,
  StorageNode,
} from '../../systems/curve/layout.ts';
import type { ChunkFormatJob, PoolState } from '../../systems/curve/pool.ts';
import type { ResourceRef } from '../../systems/operation.ts';
import type { CurveClusterSpec } from '../../systems/curve/spec.ts';
import type {
  DaemonFacts,
  HealthReport,
  HealthWatchInput,
  NodesAwaited,
  StepFacts,
} from '../control/contract.ts';
import type { DiskTarget, FilesystemUse } from '../../disks/use.ts';
import type { NodeFilesystems, Progress } from '../node/contract.ts';

/** What the control worker does for Curve within seconds: against the Kubernetes API and Curve's own ports and tools. */
export interface CurveCalls {
  /** Nodes, names that are taken, a running curve-operator, the S3 Secret, what already exists of this cluster. */
  observeKubernetes(input: {
    readonly resource: ResourceRef;
    readonly nodes: readonly string[];
    readonly s3Secret?: string;
  }): Promise<KubernetesFacts>;

  /** Where everything runs, with names and ports: computed once and so recorded, whatever a later build would compute. */
  computeLayout(input: LayoutInput): Promise<CurveLayout>;

  /** True when every member answers healthy and all agree on one leader, with the objects as the spec wants them. */
  observeEtcd(context: CurveContext): Promise<DaemonFacts>;
  applyEtcd(step: ApplyStep): Promise<void>;

  observeMds(context: CurveContext): Promise<DaemonFacts>;
  applyMds(step: ApplyStep): Promise<void>;

  /** The state of the curve_format Jobs of one node, by disk; `running` covers a pod on a node that is gone. */
  observeChunkFormatJobs(input: NodeStep): Promise<readonly ChunkFormatJob[]>;
  /** One Job for each named disk, pinned to the node, the attempt in its name. */
  applyChunkFormatJobs(input: NodeStep & { readonly attempt: number }): Promise<void>;

  /** What MDS itself says: servers, zones, pools, chunkservers online, copysets. Tried again until a leader answers. */
  observePools(input: { readonly context: CurveContext }): Promise<PoolFacts>;

  observeChunkservers(input: NodeStep): Promise<StepFacts>;
  applyChunkservers(input: NodeStep): Promise<void>;

  observeSnapshotclone(context: CurveContext): Promise<DaemonFacts>;
  applySnapshotclone(step: ApplyStep): Promise<void>;
}

/** What the control worker waits for: each ends when its condition is true, and may take days. */
export interface CurveWaits {
  /** Reads /curvebs/conf/*.conf out of the image by a Job and keeps them in ConfigMap `<name>-conf-default`. */
  readTemplates(
    context: CurveContext,
  ): Promise<{ readonly files: readonly string[]; readonly sha256: string }>;

  awaitEtcd(step: AwaitStep): Promise<void>;
  awaitMds(step: AwaitStep): Promise<void>;

  /** A node is ready when no curve_format Job of its disks runs any more, confirmed by its pod: however it ended. */
  awaitChunkFormatJobs(input: NodesStep): Promise<NodesAwaited>;

  /** create_physicalpool with the complete map, as an awaited Job; its exit code is translated. */
  createPhysicalPool(input: PoolStep): Promise<void>;
  /** create_logicalpool as an awaited Job with a deadline of its own. */
  createLogicalPool(input: PoolStep): Promise<void>;
  /** Ends when MDS reports the copysets of the pool healthy. */
  awaitCopysets(input: PoolStep): Promise<void>;

  /** A node is ready when each of its chunkservers is online in MDS, answers on its own port, and its pod is Ready. */
  awaitChunkservers(input: NodesStep): Promise<NodesAwaited>;

  /** Active instance, through the proxy, and the bucket on the S3 server. */
  awaitSnapshotclone(step: AwaitStep): Promise<void>;

  /**
   * Watches the cluster and asks its daemons for as long as it runs, and keeps Ready, NodesAnswering and observedAt of
   * the resource as it finds them. Ends when the verdict is another one than is known, or the resource is gone.
   */
  watchHealth(input: HealthWatchInput<CurveClusterSpec>): Promise<HealthReport>;
}

/** What these instances need, and what all of their kind share. */
export interface ApplyStep {
  readonly context: CurveContext;
  readonly instances: readonly string[];
}

/**
 * Waits for the whole kind; with an instance only until the newest form of that one runs and the kind serves, whatever
 * else is wrong with the others.
 */
export interface AwaitStep {
  readonly context: CurveContext;
  readonly instance?: string;
}

/** One step on one storage node. */
export interface NodeStep {
  readonly context: CurveContext;
  readonly node: StorageNode;
}

/** One wait for several storage nodes. */
export interface NodesStep {
  readonly context: CurveContext;
  readonly nodes: readonly StorageNode[];
}

export interface PoolStep {
  readonly context: CurveContext;
  /** Every storage node: the map is always complete (docs/curve.md#the-map-is-always-whole). */
  readonly storage: readonly StorageNode[];
  readonly pool: PoolLayout;
}

/** What a node worker does for Curve, on the disks of one node. */
export interface CurveNodeActivities {
  /** Observe: the chunk file pool of each disk: meta file with its CRC, number and size of chunks, whether used. */
  inspectPools(input: NodeFilesystems): Promise<readonly PoolState[]>;

  /**
   * Act: empties the pool folder and meta of the named disks, for a killed curve_format. Refuses where
   * chunkserver.dat or copysets exist, and where the disk is not mounted by its expected UUID.
   */
  emptyPools(input: NodeFilesystems): Promise<void>;

  /** Heartbeats {@link PoolProgress} about growing pools until it is cancelled. Observes only. */
  watchPools(input: NodePools): Promise<void>;
}

export interface PoolTarget extends DiskTarget<FilesystemUse> {
  readonly percentage: number;
}

export interface NodePools {
  readonly clusterId: string;
  readonly node: string;
  readonly disks: readonly PoolTarget[];
}

export interface PoolProgress extends Progress {
  readonly disks: readonly { readonly device: string; readonly done: number; readonly total: number }[];
}
