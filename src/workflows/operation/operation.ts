import { CancellationScope, setHandler } from '@temporalio/workflow';
import type { FailureText } from '../../systems/failure.ts';
import { operationFailure } from '../../systems/failures.ts';
import type { OperationId, OperationState } from '../../systems/operation.ts';
import type { PhaseDefinition } from '../../systems/phases.ts';
import { applicationFailure, applicationFailureOf, failureTextOf } from '../failure.ts';
import { type OperationView, operationQuery, supersede } from '../messages.ts';
import { NODES_FAILED, type NodeBatches } from './node-batches.ts';
import { PhaseTable } from './phase-table.ts';
import { publishStatus, reportEnd } from './status-publisher.ts';

export interface OperationInput<Spec> {
  readonly operation: OperationId;
  readonly spec: Spec;
}

/** What kind of resource an operation works on, for people. */
export interface OperationDefinition {
  /** E.g. `Curve cluster`. */
  readonly title: string;
  readonly phases: readonly PhaseDefinition[];
}

/**
 * One operation: brings a resource to its spec by `story`, from wherever it is. First create, growth and repair are the
 * same story; a phase that finds its part done says so and goes on. What fails keeps what was done.
 */
export async function runOperation(
  definition: OperationDefinition,
  id: OperationId,
  story: (operation: Operation) => Promise<void>,
): Promise<OperationState> {
  const operation = new Operation(definition, id);
  setHandler(operationQuery, () => operation.view());
  setHandler(supersede, ({ by }) => operation.stop(by));

  const published = CancellationScope.nonCancellable(() => publishStatus(operation));
  try {
    await operation.stopScope.run(() => story(operation));
    operation.end('Succeeded', {
      message: `the ${definition.title} is as generation ${id.generation} wants it`,
    });
  } catch (err) {
    await CancellationScope.nonCancellable(() => operation.stopNodesAndEnd(err));
  }
  return CancellationScope.nonCancellable(async () => {
    await published;
    await reportEnd(operation);
    if (operation.state === 'Failed')
      throw applicationFailure(operationFailure('OperationFailed', operation.endText));
    return operation.state;
  });
}

/** The state of one operation while it runs, and how it is told to stop. */
export class Operation {
  readonly id: OperationId;
  readonly table: PhaseTable;
  /** Cancelled by stop: the whole story runs in it. */
  readonly stopScope = new CancellationScope();
  /** Set by the story once it works on nodes. */
  nodes: NodeBatches | undefined;
  state: OperationState = 'Running';
  endText: FailureText = { message: '' };
  #stoppedBy = '';

  constructor({ title, phases }: OperationDefinition, id: OperationId) {
    this.id = id;
    this.table = new PhaseTable(id, title, phases);
  }

  /** Everything that this execution itself does is a read, an idempotent apply or a watch: each may be left at once. */
  stop(by: string): void {
    if (this.state !== 'Running') return;
    this.#stoppedBy = by;
    this.stopScope.cancel();
  }

  /** The way out of an operation that did not succeed: no node is left in the middle of a change. */
  async stopNodesAndEnd(err: unknown): Promise<void> {
    const by = this.#stoppedBy;
    if (!by) this.#failPhaseOf(err);
    await this.nodes?.stop(by || 'the end of this operation');
    if (by) this.end('Superseded', { message: `left for ${by}` });
    else this.end('Failed', failureTextOf(err));
    this.#resetRunning(by ? this.endText.message : 'left when the operation failed');
  }

  /** Nodes that failed have failed their phase already; everything else was thrown by a step of the control plane. */
  #failPhaseOf(err: unknown): void {
    const { phases } = this.table;
    if (applicationFailureOf(err)?.type === NODES_FAILED && phases.some((p) => p.state === 'Failed')) return;
    const running = phases.filter((p) => p.state === 'Running');
    const culprit = running.findLast((p) => !(this.nodes && this.table.isPerNode(p.name))) ?? running[0];
    if (culprit) this.table.fail(culprit.name, failureTextOf(err));
  }

  #resetRunning(why: string): void {
    for (const phase of this.table.phases) if (phase.state === 'Running') this.table.reset(phase.name, why);
  }

  end(state: OperationState, told: FailureText): void {
    this.state = state;
    this.endText = told;
  }

  view(): OperationView {
    return {
      operation: this.id,
      state: this.state,
      phases: this.table.phases,
      transitions: this.table.transitions,
      children: this.nodes?.children ?? [],
      ...this.endText,
    };
  }
}
