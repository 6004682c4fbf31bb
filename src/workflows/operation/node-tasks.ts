import { defineSignal } from '@temporalio/workflow';
import type { FailureText } from '../../systems/failure.ts';

/** What passes between an operation and the executions that carry the work on its nodes. */

/** Nodes per execution: the chain of one node is about a hundred history events, and 4,096 is the limit per execution. */
export const NODES_PER_BATCH = 32;

/** What one node has to do for the operation. A system adds to it what its chain needs. */
export interface NodeTask {
  readonly node: string;
  /** The phases that this node goes through, in their order. */
  readonly phases: readonly string[];
  /** The operation waits until this node is claimed. */
  readonly claimAwaited: boolean;
}

export interface NodeBatchInput<Context, Task extends NodeTask> {
  readonly context: Context;
  readonly tasks: readonly Task[];
  /** Which batch this is, from 0. */
  readonly batch: number;
}

/** A point which nodes may pass only when the operation opens it, by a name of the system's choice. */
export type Gate = string;

export const openGate = defineSignal<[Gate]>('openGate');

export interface NodeFailure extends FailureText {
  readonly node: string;
  readonly phase: string;
}

export interface PhaseCounts {
  readonly started: number;
  readonly done: number;
  readonly skipped: number;
}

/** How far a batch is. Numbers only grow, so a report that overtakes another does no harm. */
export interface NodeBatchReport {
  readonly batch: number;
  /** By the name of the phase. */
  readonly phases: Readonly<Record<string, PhaseCounts>>;
  /** Nodes that were checked and belong to this cluster now; those alone whose claim is awaited. */
  readonly claimed: readonly string[];
  /** Nodes that do not answer now. */
  readonly blocked: readonly { readonly node: string; readonly phase: string }[];
  readonly failures: readonly NodeFailure[];
  /** What a person should know, e.g. that an identity was taken again after a reboot. */
  readonly notes: readonly { readonly phase: string; readonly message: string }[];
}

export const nodeBatchReport = defineSignal<[NodeBatchReport]>('nodeBatchReport');
