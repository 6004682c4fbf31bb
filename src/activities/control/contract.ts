import type { ClusterFacts, KubernetesFacts, PoolFacts, ReadyVerdict } from '../../systems/curve/facts.ts';
import type { CurveContext, OperationId, PoolLayout, StorageNode } from '../../systems/curve/layout.ts';
import type { PhaseView } from '../../systems/curve/phases.ts';

/**
 * What the control worker does against the Kubernetes API and Curve's own ports and tools. Implemented in this folder,
 * called from workflows on CONTROL_QUEUE. `observe…` looks once and changes nothing; `apply…` is idempotent server-side
 * apply of everything the step owns; `await…` watches until the system's own answer is right, heartbeats
 * {@link Progress} of ../node/contract.ts, never throws in order to be called again, and ends when cancelled.
 */
export interface ControlActivities {
  /** Takes up the cluster id of namespace and name, or mints one (ConfigMap `<name>-keelson`, no ownerReference). */
  claimClusterId(cluster: { readonly namespace: string; readonly name: string }): Promise<string>;

  /** Nodes, names that are taken, a running curve-operator, the S3 Secret, what already exists of this cluster. */
  observeKubernetes(input: {
    readonly cluster: { readonly namespace: string; readonly name: string };
    readonly nodes: readonly string[];
    readonly s3Secret?: string;
  }): Promise<KubernetesFacts>;

  /** Reads /curvebs/conf/*.conf out of the image by a Job and keeps them in ConfigMap `<name>-conf-default`. */
  readTemplates(
    context: CurveContext,
  ): Promise<{ readonly files: readonly string[]; readonly sha256: string }>;

  /** True when every member answers healthy and all agree on one leader, with the objects as the spec wants them. */
  observeEtcd(context: CurveContext): Promise<DaemonFacts>;
  applyEtcd(step: ApplyStep): Promise<void>;
  awaitEtcd(step: AwaitStep): Promise<void>;

  observeMds(context: CurveContext): Promise<DaemonFacts>;
  applyMds(step: ApplyStep): Promise<void>;
  awaitMds(step: AwaitStep): Promise<void>;

  /** The state of the curve_format Jobs of one node, by disk; `running` covers a pod on a node that is gone. */
  observeChunkFormatJobs(input: NodeStep): Promise<readonly ChunkFormatJob[]>;
  /** One Job for each named disk, pinned to the node, the attempt in its name. */
  applyChunkFormatJobs(input: NodeStep & { readonly attempt: number }): Promise<void>;
  /** Ends when no curve_format Job of these disks runs any more, confirmed by its pod; says how each ended. */
  awaitChunkFormatJobs(input: NodeStep): Promise<readonly ChunkFormatJob[]>;

  /** What MDS itself says: servers, zones, pools, chunkservers online, copysets. Tried again until a leader answers. */
  observePools(input: { readonly context: CurveContext }): Promise<PoolFacts>;
  /** create_physicalpool with the complete map, as an awaited Job; its exit code is translated. */
  createPhysicalPool(input: PoolStep): Promise<void>;
  /** create_logicalpool as an awaited Job with a deadline of its own. */
  createLogicalPool(input: PoolStep): Promise<void>;
  /** Ends when MDS reports the copysets of the pool healthy. */
  awaitCopysets(input: PoolStep): Promise<void>;

  observeChunkservers(input: NodeStep): Promise<StepFacts>;
  applyChunkservers(input: NodeStep): Promise<void>;
  /** Ends when each chunkserver of this node is online in MDS, answers on its own port, and its pod is Ready. */
  awaitChunkservers(input: NodeStep): Promise<void>;

  observeSnapshotclone(context: CurveContext): Promise<DaemonFacts>;
  applySnapshotclone(step: ApplyStep): Promise<void>;
  /** Active instance, through the proxy, and the bucket on the S3 server. */
  awaitSnapshotclone(step: AwaitStep): Promise<void>;

  /** Everything that Ready is made of (the mounts come from the node workers). */
  observeCluster(input: {
    readonly context: CurveContext;
    readonly storage: readonly StorageNode[];
  }): Promise<ClusterFacts>;

  /** Status written for people; never read back to decide. Field manager `keelson-phases`. */
  writePhases(input: {
    readonly operation: OperationId;
    readonly state: OperationState;
    readonly phases: readonly PhaseView[];
    readonly message: string;
  }): Promise<void>;
  /** The same for an operation that a person terminated in Temporal: it can say nothing any more. */
  writeTerminated(input: { readonly operation: OperationId; readonly id: string }): Promise<void>;
  /** The Ready condition with observedAt. Field manager `keelson-ready`. */
  writeReady(input: { readonly operation: OperationId; readonly verdict: ReadyVerdict }): Promise<void>;
  /** A Kubernetes Event on the CurveCluster. */
  recordEvent(input: {
    readonly operation: OperationId;
    readonly type: 'Normal' | 'Warning';
    readonly reason: string;
    readonly message: string;
  }): Promise<void>;
  /** The uid and generation that the live resource has now; undefined when it is gone. */
  readResource(cluster: {
    readonly namespace: string;
    readonly name: string;
  }): Promise<{ readonly uid: string; readonly generation: number } | undefined>;
}

/** How an operation stands; also its Temporal outcome in words. */
export type OperationState = 'Running' | 'Succeeded' | 'Failed' | 'Superseded';

export interface StepFacts {
  readonly satisfied: boolean;
  /** Why not, or what was found: a sentence for the phase table. */
  readonly detail: string;
}

/** The same of a daemon with a few instances. */
export interface DaemonFacts extends StepFacts {
  /** Instances that run, but not as the spec wants them: a change takes one away from the others for a moment. */
  readonly outdated: readonly string[];
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

export interface PoolStep {
  readonly context: CurveContext;
  /** Every storage node: the map is always complete (curve.md 3.4). */
  readonly storage: readonly StorageNode[];
  readonly pool: PoolLayout;
}

export interface ChunkFormatJob {
  readonly device: string;
  readonly attempt: number;
  readonly state: 'absent' | 'running' | 'succeeded' | 'failed';
  /** Absent while it runs, and when the tool was killed or its pod lost. */
  readonly exitCode?: number;
  /** Exit code and last lines, in words. */
  readonly detail: string;
}
