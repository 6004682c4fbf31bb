import {
  ApplicationFailure,
  CancellationScope,
  type ChildWorkflowHandle,
  condition,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { PhaseName } from '../../systems/curve/phases.ts';
import { failureMessage } from '../failure.ts';
import { supersede } from '../messages.ts';
import {
  type Gate,
  NODE_PHASES,
  NODES_PER_EXECUTION,
  type NodeFailure,
  type NodePhase,
  type NodeBatchReport,
  type NodeTask,
  nodeBatchReport,
  openGate,
} from './node-tasks.ts';
import type { curveNodeBatch } from './node-batch.ts';
import type { PhaseTable } from './phase-table.ts';
import type { CurveContext } from '../../systems/curve/layout.ts';

/** Type of the failure that tells what failed on nodes. */
export const NODES_FAILED = 'NodesFailed';

/** All nodes of the operation, spread over child executions; fills the rows of the node phases from their reports. */
export class NodeBatches {
  readonly #table: PhaseTable;
  readonly #tasks: readonly NodeTask[];
  readonly #reports: NodeBatchReport[] = [];
  #children: ChildWorkflowHandle<typeof curveNodeBatch>[] = [];
  /** By batch: each tells its own in order. */
  readonly #notesTold: number[] = [];
  #ended = 0;
  /** Executions that a person ended, or that could not go on. */
  readonly #lost: string[] = [];

  private constructor(table: PhaseTable, tasks: readonly NodeTask[]) {
    this.#table = table;
    this.#tasks = tasks;
    setHandler(nodeBatchReport, (report) => this.#hear(report));
  }

  static async start(
    context: CurveContext,
    tasks: readonly NodeTask[],
    table: PhaseTable,
  ): Promise<NodeBatches> {
    const nodes = new NodeBatches(table, tasks);
    const batches = Math.ceil(tasks.length / NODES_PER_EXECUTION);
    // Leaving must not cancel the children: they are told, and end at safe points of their own.
    await CancellationScope.nonCancellable(async () => {
      nodes.#children = await Promise.all(
        Array.from({ length: batches }, (_, batch) => {
          const part = tasks.slice(batch * NODES_PER_EXECUTION, (batch + 1) * NODES_PER_EXECUTION);
          return startChild<typeof curveNodeBatch>('curveNodeBatch', {
            workflowId: `${workflowInfo().workflowId}/nodes/${batch}`,
            args: [{ context, tasks: part, batch }],
            staticSummary: `${part.length} nodes: ${part[0]?.node ?? ''} … ${part.at(-1)?.node ?? ''}`,
          });
        }),
      );
      for (const child of nodes.#children) void nodes.#follow(child);
    });
    return nodes;
  }

  get children(): readonly string[] {
    return this.#children.map((c) => c.workflowId);
  }

  /**
   * Ends when every node that answers has passed its check, and that is one at least; one refusal is enough to stop before
   * the first write. A node that does not answer is checked when it is back, and its row stays open until then.
   */
  async checked(): Promise<void> {
    const total = this.#tasks.length;
    const allLooked = (): boolean => {
      const [done, heldUp] = [this.#done('preflight'), this.#heldUpIn('preflight').length];
      return done + heldUp >= total && done + this.#failures('preflight').length > 0;
    };
    await condition(() => allLooked() || this.#lost.length > 0);
    this.#throwFailures();
  }

  /** Ends when these nodes are ours to make daemons on: checked, and their data directory claimed. */
  async claimed(nodes: readonly string[]): Promise<void> {
    const failed = (): boolean => this.#lost.length > 0 || this.#all((r) => r.failures).length > 0;
    await condition(() => failed() || nodes.every((node) => this.#all((r) => r.claimed).includes(node)));
    this.#throwFailures();
  }

  async open(gate: Gate): Promise<void> {
    await Promise.all(this.#children.map((c) => c.signal(openGate, gate)));
  }

  /** Ends when every node is through; a lost one is waited for as long as it takes. */
  async finished(): Promise<void> {
    await condition(() => this.#ended === this.#children.length);
    this.#throwFailures();
  }

  /** Tells every node to leave at its next safe point, and waits until all have. */
  async stop(by: string): Promise<void> {
    // A child that ended already refuses the signal, which is as good.
    await Promise.allSettled(this.#children.map((c) => c.signal(supersede, { by })));
    await condition(() => this.#ended === this.#children.length);
  }

  async #follow(child: ChildWorkflowHandle<typeof curveNodeBatch>): Promise<void> {
    try {
      this.#hear(await child.result());
    } catch (err) {
      this.#lost.push(`${child.workflowId}: ${failureMessage(err)}`);
    }
    this.#ended++;
  }

  #hear(report: NodeBatchReport): void {
    this.#reports[report.batch] = report;
    for (const phase of NODE_PHASES) this.#show(phase);
    const { batch, notes } = report;
    for (const { phase, message } of notes.slice(this.#notesTold[batch])) this.#table.note(phase, message);
    this.#notesTold[batch] = notes.length;
  }

  #show(phase: NodePhase): void {
    if (!this.#table.isOpen(phase)) return;
    const total = this.#total(phase);
    const counts = this.#all((r) => [r.phases[phase]]);
    const sum = (of: 'started' | 'done' | 'skipped') => counts.reduce((n, c) => n + c[of], 0);
    const failed = this.#failures(phase);
    if (sum('started') === 0 && failed.length === 0 && phase !== 'preflight') return;

    this.#table.start(phase, total);
    this.#table.count(phase, sum('done'));
    this.#table.block(
      phase,
      this.#all((r) => r.blocked)
        .filter((b) => this.#shownIn(b.phase) === phase)
        .map((b) => b.node),
    );
    if (failed.length > 0) this.#table.end(phase, 'Failed', failed.map((f) => f.message).join('; '));
    else if (sum('done') === total) {
      const skipped = sum('skipped') === total;
      const done = phase === 'preflight' ? `${total} nodes, nothing in the way` : `${total} nodes`;
      this.#table.end(phase, skipped ? 'Skipped' : 'Done', skipped ? 'already there' : done);
    }
  }

  #total(phase: PhaseName): number {
    return phase === 'preflight' ? this.#tasks.length : this.#tasks.filter((t) => t.storage).length;
  }

  /** A node that was left behind by a phase is named where the others are now, so that it is never out of sight. */
  #shownIn(phase: NodePhase): NodePhase {
    return NODE_PHASES.slice(NODE_PHASES.indexOf(phase)).find((p) => this.#table.isOpen(p)) ?? phase;
  }

  #done(phase: NodePhase): number {
    return this.#all((r) => [r.phases[phase].done]).reduce((a, b) => a + b, 0);
  }

  /** Nodes that this phase does not wait for now: failed or not answering. */
  #heldUpIn(phase: NodePhase): readonly string[] {
    const failed = this.#failures(phase).map((f) => f.node);
    const silent = this.#all((r) => r.blocked)
      .filter((b) => b.phase === phase)
      .map((b) => b.node);
    return [...new Set([...failed, ...silent])];
  }

  #failures(phase: NodePhase): readonly NodeFailure[] {
    return this.#all((r) => r.failures).filter((f) => f.phase === phase);
  }

  #throwFailures(): void {
    const failures = this.#all((r) => r.failures);
    const messages = [...failures.map((f) => f.message), ...this.#lost];
    if (messages.length === 0) return;
    throw ApplicationFailure.nonRetryable(messages.join('; '), NODES_FAILED, failures);
  }

  #all<T>(of: (report: NodeBatchReport) => readonly T[]): T[] {
    return this.#reports.flatMap((r) => [...of(r)]);
  }
}
