import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ControlActivities, OperationState } from '../activities/control/contract.ts';
import type { NodeActivities } from '../activities/node/contract.ts';
import type { Disk } from '../disks/facts.ts';
import type { CurveClusterSpec } from '../systems/curve/spec.ts';
import type { OperationId } from '../systems/curve/layout.ts';
import type { PhaseView, Transition } from '../systems/curve/phases.ts';

/**
 * The durable contract between the API, the controller and the workflows: ids, names and shapes. Renaming anything here
 * breaks running executions.
 */

export interface ClusterRef {
  readonly namespace: string;
  readonly name: string;
}

export const clusterWorkflowId = (c: ClusterRef): string => `curve/${c.namespace}/${c.name}`;
export const healthCheckWorkflowId = (c: ClusterRef): string => `health/${c.namespace}/${c.name}`;
export const planWorkflowId = (request: string): string => `plan/${request}`;
export const devicesWorkflowId = (node: string): string => `devices/${node}`;
export const operationWorkflowId = (o: OperationId): string =>
  `${clusterWorkflowId(o)}/${o.uid.slice(0, 8)}-${o.generation}-${o.attempt}`;

/** Which cluster and which operation a workflow works for, as far as its id tells: for logs. */
export function subjectOf(workflowId: string): { readonly cluster?: string; readonly operation?: string } {
  const [, system, cluster, operation] =
    /^(curve|health)\/([^/]+\/[^/]+)(?:\/([^/]+))?/.exec(workflowId) ?? [];
  if (cluster === undefined) return {};
  return operation === undefined ? { cluster } : { cluster, operation: `${system}/${cluster}/${operation}` };
}

/** Workflow types, as constants for clients that must not import the workflows. */
export const WORKFLOW = {
  cluster: 'curveCluster',
  operation: 'curveOperation',
  nodeBatch: 'curveNodeBatch',
  plan: 'curvePlan',
  healthCheck: 'curveHealthCheck',
  devices: 'nodeDevices',
} as const;

/** A validated document, sent by HTTP and by the watch alike with updateId `<uid>/<generation>`. */
export interface ApplyRequest {
  readonly uid: string;
  readonly generation: number;
  readonly spec: CurveClusterSpec;
}

export interface ApplyAnswer {
  /** Workflow id of the operation that works on this document or a newer one. */
  readonly operation: string;
  /** False when the operation had been started by an earlier request. */
  readonly started: boolean;
}

/** Entity: start or join the operation of this document. */
export const applyUpdate = defineUpdate<ApplyAnswer, [ApplyRequest]>('apply');

/** What an operation worked on. */
export interface TriedDocument {
  readonly operation: OperationId;
  readonly spec: CurveClusterSpec;
}

export interface RetryRequest {
  /** Workflow id. */
  readonly operation: string;
  /** Given to an entity that is started by this request, and remembers nothing: a person had ended the one before. */
  readonly tried?: TriedDocument;
}

/** Entity: start the named operation's document again; updateId `retry/<operation>`, so that pressing twice starts one. */
export const retryUpdate = defineUpdate<ApplyAnswer, [RetryRequest]>('retry');

/** Entity: its newest document and operation. */
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
}
export const operationQuery = defineQuery<OperationView>('operation');

/** To the entity: an operation ended. Sent by id, since the entity may have continued as new. */
export const operationEnded =
  defineSignal<[{ readonly operation: string; readonly state: OperationState }]>('operationEnded');

/** To an operation and its children: end at the next safe point; a newer document has come. */
export const supersede = defineSignal<[{ readonly by: string }]>('supersede');

/** Input of curveHealthCheck, curvePlan and nodeDevices, as the API and the controller start them. */
export interface HealthCheckInput {
  readonly cluster: ClusterRef;
  readonly uid: string;
  readonly generation: number;
  readonly spec: CurveClusterSpec;
}

export interface PlanInput {
  readonly cluster: ClusterRef;
  readonly spec: CurveClusterSpec;
}

/** The answer to a dry run. Nothing was changed to make it. */
export interface Plan {
  /** True when nothing below refuses. */
  readonly possible: boolean;
  /** What does not stand in the way, but a person should know. */
  readonly warnings: readonly string[];
  readonly problems: readonly { readonly path: string; readonly message: string; readonly next: string }[];
  readonly nodes: readonly PlannedNode[];
  readonly instances: readonly {
    readonly role: string;
    readonly id: string;
    readonly node: string;
    readonly ports: Readonly<Record<string, number>>;
  }[];
  readonly pool: {
    readonly name: string;
    readonly copysets: number;
    readonly zones: Readonly<Record<string, readonly string[]>>;
  };
  readonly objects: readonly { readonly kind: string; readonly name: string }[];
}

export interface PlannedNode {
  readonly node: string;
  readonly ip: string;
  readonly zone: string;
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
    readonly chunks?: number;
  }[];
}

export interface DevicesInput {
  readonly node: string;
}
export interface DevicesAnswer {
  readonly node: string;
  readonly answered: boolean;
  readonly disks: readonly Disk[];
}

/** Every step that can be pending in an execution, for whoever shows to people what goes on. */
export type ActivityName = keyof ControlActivities | keyof NodeActivities;
