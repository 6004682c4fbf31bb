import { defineSignal } from '@temporalio/workflow';
import type { PortClaim } from '../../activities/node/contract.ts';
import type { CurveContext, StorageNode } from '../../systems/curve/layout.ts';
import type { PhaseName } from '../../systems/curve/phases.ts';

/** What passes between an operation and the executions that carry the work on its nodes. */

/** Nodes per execution: the chain of one node is about a hundred history events, and 4,096 is the limit per execution. */
export const NODES_PER_EXECUTION = 32;

/** What one node has to do for the operation. */
export interface NodeTask {
  readonly node: string;
  /** Ports that daemons of this cluster will listen on. */
  readonly ports: readonly PortClaim[];
  /** It carries etcd, mds or snapshotclone. */
  readonly controlPlane: boolean;
  /** Absent on a node that carries control-plane daemons only. */
  readonly storage?: StorageNode;
}

export interface NodeBatchInput {
  readonly context: CurveContext;
  readonly tasks: readonly NodeTask[];
  /** Which batch this is, from 0. */
  readonly batch: number;
}

/** The phases that every storage node goes through by itself. */
export const NODE_PHASES = [
  'preflight',
  'format',
  'chunkfilepool',
  'chunkservers',
] as const satisfies readonly PhaseName[];
export type NodePhase = (typeof NODE_PHASES)[number];

export const isNodePhase = (phase: PhaseName): phase is NodePhase => NODE_PHASES.some((p) => p === phase);

/**
 * `format`: every node that answers has passed its check, so the first write may happen.
 * `chunkservers`: MDS knows the servers, so chunkservers may register.
 */
export type Gate = 'format' | 'chunkservers';

export const openGate = defineSignal<[Gate]>('openGate');

export interface NodeFailure {
  readonly node: string;
  readonly phase: NodePhase;
  readonly message: string;
}

/** How far a batch is. Numbers only grow, so a report that overtakes another does no harm. */
export interface NodeBatchReport {
  readonly batch: number;
  readonly phases: Readonly<
    Record<NodePhase, { readonly started: number; readonly done: number; readonly skipped: number }>
  >;
  /** Nodes that were checked and whose data directory is ours; those alone that carry daemons of the control plane. */
  readonly claimed: readonly string[];
  /** Nodes that do not answer now. */
  readonly blocked: readonly { readonly node: string; readonly phase: NodePhase }[];
  readonly failures: readonly NodeFailure[];
  /** What a person should know, e.g. that an identity was taken anew after a reboot. */
  readonly notes: readonly { readonly phase: NodePhase; readonly message: string }[];
}

export const nodeBatchReport = defineSignal<[NodeBatchReport]>('nodesReport');
