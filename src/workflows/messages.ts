import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Disk } from '../disks/facts.ts';
import type { OwnMount } from '../disks/own-mount.ts';
import type { NodeHealth } from '../systems/node-health.ts';
import type { OperationId, OperationState, ResourceRef } from '../systems/operation.ts';
import type { PhaseView, Transition } from '../systems/phases.ts';
import type { PlannedParts } from '../systems/plan.ts';
import type { ReadyVerdict } from '../systems/readiness.ts';

/**
 * The durable contract between the API, the controller and the workflows: names and shapes. Renaming anything here breaks
 * running executions.
 */

/** A validated manifest, sent by HTTP and by the watch alike with updateId `<uid>/<generation>`. */
export interface ApplyRequest {
  readonly uid: string;
  readonly generation: number;
  readonly spec: unknown;
}

export interface ApplyAnswer {
  /** Workflow id of the operation that works on this manifest or a newer one. */
  readonly operation: string;
  /** False when the operation had been started by an earlier request. */
  readonly started: boolean;
}

/** Entity: start or join the operation of this manifest. */
export const applyUpdate = defineUpdate<ApplyAnswer, [ApplyRequest]>('apply');

/** What an operation worked on. */
export interface TriedManifest {
  readonly operation: OperationId;
  readonly spec: unknown;
}

export interface RetryRequest {
  /** Workflow id. */
  readonly operation: string;
  /** Given to an entity that is started by this request, and remembers nothing: a person had ended the one before. */
  readonly tried?: TriedManifest;
}

/** Entity: start the named operation's manifest again; updateId `retry/<operation>`, so that pressing twice starts one. */
export const retryUpdate = defineUpdate<ApplyAnswer, [RetryRequest]>('retry');

/** Entity: its newest manifest and operation. */
export interface ClusterView {
  readonly operation: OperationId;
  readonly state: OperationState;
  /** False: it was accepted, and its execution is still to be started. */
  readonly started: boolean;
  /** Workflow id of the operation that has to leave before it starts. */
  readonly stopping?: string;
}
export const clusterQuery = defineQuery<ClusterView | undefined>('cluster');

/** Operation: how far it is. Readable after it ended. */
export interface OperationView {
  readonly operation: OperationId;
  readonly state: OperationState;
  readonly phases: readonly PhaseView[];
  readonly transitions: readonly Transition[];
  /** Executions that carry the work on the nodes; their pending activities hold the progress details. */
  readonly children: readonly string[];
  readonly message: string;
  /** What a person does next; set when it failed. */
  readonly next?: string;
}
export const operationQuery = defineQuery<OperationView>('operation');

/** To the entity: an operation ended. Sent by id, since the entity may have continued as new. */
export const operationEnded =
  defineSignal<[{ readonly operation: string; readonly state: OperationState }]>('operationEnded');

/** To an operation and its children: end at the next safe point; a newer manifest has come. */
export const supersede = defineSignal<[{ readonly by: string }]>('supersede');

/** A manifest that was accepted: what the health of its cluster is judged by. */
export interface HealthCheckInput<Spec = unknown> {
  readonly resource: ResourceRef;
  readonly uid: string;
  readonly generation: number;
  readonly spec: Spec;
}

/** What a health check found last. */
export interface HealthView {
  readonly generation: number;
  /** Absent until the first look has ended. */
  readonly verdict?: ReadyVerdict;
  readonly nodes: readonly NodeHealth[];
}

/** Health check: what it found last. */
export const healthQuery = defineQuery<HealthView>('health');
/** To a health check: judge by this manifest, unless a newer one has come; listen to the nodes again. */
export const healthManifest = defineSignal<[HealthCheckInput]>('healthManifest');
/** To a health check: look at everything now. */
export const healthRecheck = defineSignal('healthRecheck');

export interface PlanInput<Spec = unknown> {
  readonly resource: ResourceRef;
  readonly spec: Spec;
}

/** The answer to a dry run. Nothing was changed to make it. */
export interface Plan extends PlannedParts {
  /** True when nothing below refuses. */
  readonly possible: boolean;
  /** What does not stand in the way, but a person should know. */
  readonly warnings: readonly string[];
  readonly problems: readonly { readonly path: string; readonly message: string; readonly next: string }[];
  readonly nodes: readonly PlannedNode[];
}

export interface PlannedNode {
  readonly node: string;
  /** Absent where the plan does not depend on it. */
  readonly ip?: string;
  readonly zone?: string;
  /** False: its node worker did not answer; its disks are then unknown. */
  readonly answered: boolean;
  readonly disks: readonly {
    readonly device: string;
    readonly mountPath: string;
    /** What is there now and who the disk is; absent when the node did not answer. */
    readonly found?: Disk;
    /** `format`, `keep` (already ours), `refuse`, `unknown`. */
    readonly action: 'format' | 'keep' | 'refuse' | 'unknown';
    readonly why: string;
    /** What will be made on the disk, counted by its name, e.g. `chunks`. */
    readonly amounts?: Readonly<Record<string, number>>;
  }[];
}

/** Type of the workflow that watches a node. */
export const NODE_WATCH = 'nodeWatch';

export interface NodeWatchInput {
  readonly node: string;
}

/** Whether a node answers, and where the disks of our clusters on it are mounted. */
export interface NodeState {
  readonly node: string;
  /** Undefined until it has answered, or has been missed, for the first time. */
  readonly answered?: boolean;
  /** ISO time since which it answers, or does not. */
  readonly since?: string;
  /** As it told them last; absent until it has. */
  readonly mounts?: readonly OwnMount[];
  /** Why the node cannot tell its disks or mounts, although it answers. */
  readonly trouble?: string;
}

/** All that is known of a node. */
export interface NodeView extends NodeState {
  /** As it told them last; absent until it has. */
  readonly disks?: readonly Disk[];
  /** Version of its node worker. */
  readonly version?: string;
}

/** Node watch: what is known of the node now. */
export const devicesQuery = defineQuery<NodeView>('devices');
/** Node watch: the same, once the node has answered or has been missed. */
export const firstAnswerUpdate = defineUpdate<NodeView>('firstAnswer');
/** To a node watch: the node is in Kubernetes again, or is gone and need not be watched. */
export const nodePresence = defineSignal<[{ readonly present: boolean }]>('nodePresence');
/** To a node watch: tell this execution the state of the node, now and whenever it changes; or no longer. */
export const nodeSubscription =
  defineSignal<[{ readonly subscriber: string; readonly wanted: boolean }]>('nodeSubscription');
/** To a subscriber. */
export const nodeState = defineSignal<[NodeState]>('nodeState');
