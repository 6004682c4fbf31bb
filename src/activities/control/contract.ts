import type { Failure } from '../../systems/failure.ts';
import type { OperationId, OperationState, ResourceRef } from '../../systems/operation.ts';
import type { PhaseView } from '../../systems/phases.ts';
import type { NodeHealth } from '../../systems/node-health.ts';
import type { ReadyVerdict } from '../../systems/readiness.ts';

/**
 * What the control worker does against the Kubernetes API for every system. Implemented in this folder, called from
 * workflows on the control queue. What is one system's stands in that system's contract.
 *
 * Names of activities here and there: `observe…` looks once and changes nothing; `apply…` is idempotent server-side apply
 * of everything the step owns; `await…` watches until the system's own answer is right, heartbeats {@link Progress} of
 * ../node/contract.ts, never throws in order to be called again, and ends when cancelled.
 */
export interface ControlActivities {
  /** Takes up the cluster id of namespace and name, or mints one (ConfigMap `<name>-keelson`, no ownerReference). */
  claimClusterId(resource: ResourceRef): Promise<string>;

  /** Status written for people; never read back to decide. Field manager `keelson-phases`. */
  writePhases(input: {
    readonly operation: OperationId;
    readonly state: OperationState;
    readonly phases: readonly PhaseView[];
    readonly message: string;
    /** What a person does next. */
    readonly next?: string;
  }): Promise<void>;
  /** The same for an operation that a person terminated in Temporal: it can say nothing any more. */
  writeTerminated(input: { readonly operation: OperationId; readonly id: string }): Promise<void>;
  /** A Kubernetes Event on the resource. */
  recordEvent(input: {
    readonly operation: OperationId;
    readonly type: 'Normal' | 'Warning';
    readonly reason: string;
    readonly message: string;
    readonly next?: string;
  }): Promise<void>;
  /** The uid and generation that the live resource has now; undefined when it is gone. */
  readResource(
    resource: ResourceRef,
  ): Promise<{ readonly uid: string; readonly generation: number } | undefined>;
}

/** What a health check is about; a system has an activity for it, `watchHealth`. */
export interface HealthWatchInput<Spec = unknown> {
  readonly resource: ResourceRef;
  readonly uid: string;
  readonly generation: number;
  readonly spec: Spec;
  /** The cluster's nodes as the node watches told them. */
  readonly nodes: readonly NodeHealth[];
  /** The last verdict that was reported: only another one is reported again. */
  readonly known?: ReadyVerdict;
}

/** How a watch over a cluster's health ends: with another verdict, written already, or because the resource is gone. */
export interface HealthReport {
  /** Absent: the resource is gone. */
  readonly verdict?: ReadyVerdict;
}

/** How a wait for many nodes ends: as soon as it is over for one of them. */
export interface NodesAwaited {
  /** By name: those for which the condition is true. */
  readonly ready: readonly string[];
  /** Those that no waiting can help. They are no reason to stop waiting for the others. */
  readonly failed: readonly { readonly node: string; readonly failure: Failure }[];
}

/** The activities of a control worker, general ones or one system's, by the queue on which they are called. */
export interface ControlActivitySet<Calls extends object = object, Waits extends object = object> {
  /** Take seconds. */
  readonly calls: Calls;
  /** End when their condition is true, which may take days. */
  readonly waits: Waits;
}

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
