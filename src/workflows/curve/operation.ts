import { ApplicationFailure, CancellationScope, setHandler } from '@temporalio/workflow';
import type { OperationState } from '../../activities/control/contract.ts';
import type { OperationId } from '../../systems/curve/layout.ts';
import type { CurveClusterSpec } from '../../systems/curve/spec.ts';
import { failureMessage, applicationFailureOf } from '../failure.ts';
import { operationQuery, supersede } from '../messages.ts';
import { etcd, mds, type PhaseContext, snapshotclone } from './control-plane.ts';
import { tasksOf } from './node-task-list.ts';
import { isNodePhase } from '../operation/node-tasks.ts';
import { PhaseTable } from '../operation/phase-table.ts';
import { logicalPool, physicalPool } from './pools.ts';
import { preflight } from './preflight.ts';
import { publishStatus, reportEnd } from '../operation/status-publisher.ts';
import { NODES_FAILED, NodeBatches } from '../operation/node-batches.ts';

export interface OperationInput {
  readonly operation: OperationId;
  readonly spec: CurveClusterSpec;
}

/**
 * One operation: brings a CurveBS cluster to its spec, from wherever it is. First create, growth and repair are the
 * same story; a phase that finds its part done says so and goes on. What fails keeps what was done.
 */
export async function curveOperation({ operation, spec }: OperationInput): Promise<OperationState> {
  const run = new Operation(operation);
  setHandler(operationQuery, () => run.view());
  setHandler(supersede, ({ by }) => run.stop(by));

  const published = CancellationScope.nonCancellable(() => publishStatus(run));
  try {
    await run.stopScope.run(() => runPhases(run, operation, spec));
    run.end('Succeeded', `the cluster is as generation ${operation.generation} wants it`);
  } catch (err) {
    await CancellationScope.nonCancellable(() => run.settle(err));
  }
  return CancellationScope.nonCancellable(async () => {
    await published;
    await reportEnd(run);
    if (run.state === 'Failed') throw ApplicationFailure.nonRetryable(run.message, 'OperationFailed');
    return run.state;
  });
}

/** The story. Format and chunkfilepool run on the nodes beside etcd and mds. */
async function runPhases(run: Operation, operation: OperationId, spec: CurveClusterSpec): Promise<void> {
  const { table } = run;
  const { layout, existing } = await preflight(table, operation, spec);

  const nodes = await NodeBatches.start(layout.context, tasksOf(layout), table);
  run.nodes = nodes;
  await nodes.checked();
  await nodes.open('format');

  const scene: PhaseContext = { table, nodes, context: layout.context, existing };
  await etcd(scene);
  await mds(scene);
  await physicalPool(table, layout);
  await nodes.open('chunkservers');
  await nodes.finished();
  await logicalPool(table, layout);
  await snapshotclone(scene);
}

/** The state of one operation while it runs, and how it is told to stop. */
export class Operation {
  readonly table: PhaseTable;
  readonly operation: OperationId;
  readonly stopScope = new CancellationScope();
  nodes: NodeBatches | undefined;
  state: OperationState = 'Running';
  message = '';
  #stoppedBy = '';

  constructor(operation: OperationId) {
    this.operation = operation;
    this.table = new PhaseTable(operation);
  }

  /** Everything that this execution itself does is a look, an idempotent apply or a watch: each may be left at once. */
  stop(by: string): void {
    if (this.state !== 'Running') return;
    this.#stoppedBy = by;
    this.stopScope.cancel();
  }

  /** The way out of an operation that did not succeed: no node is left in the middle of a change. */
  async settle(err: unknown): Promise<void> {
    const by = this.#stoppedBy;
    if (!by) this.#blame(err);
    await this.nodes?.stop(by || 'the end of this operation');
    if (by) this.end('Superseded', `left for ${by}`);
    else this.end('Failed', failureMessage(err));
    this.#leaveOpen(by ? this.message : 'left when the operation failed');
  }

  /** Nodes that failed have failed their phase already; everything else was thrown by a step of the control plane. */
  #blame(err: unknown): void {
    const { phases } = this.table;
    if (applicationFailureOf(err)?.type === NODES_FAILED && phases.some((p) => p.state === 'Failed')) return;
    const running = phases.filter((p) => p.state === 'Running');
    const culprit = running.findLast((p) => !(this.nodes && isNodePhase(p.name))) ?? running[0];
    if (culprit) this.table.end(culprit.name, 'Failed', failureMessage(err));
  }

  #leaveOpen(why: string): void {
    for (const phase of this.table.phases) if (phase.state === 'Running') this.table.reset(phase.name, why);
  }

  end(state: OperationState, message: string): void {
    this.state = state;
    this.message = message;
  }

  view() {
    return {
      operation: this.operation,
      state: this.state,
      phases: this.table.phases,
      transitions: this.table.transitions,
      children: this.nodes?.children ?? [],
      message: this.message,
    };
  }
}
