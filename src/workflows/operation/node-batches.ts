import {
  CancellationScope,
  type ChildWorkflowHandle,
  condition,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { joinFailureTexts } from '../../systems/failure-text.ts';
import type { FailurePart } from '../../systems/failure.ts';
import { type OPERATION_FAILURES, operationFailure } from '../../systems/failures.ts';
import { applicationFailure, failureTextOf } from '../failure.ts';
import { nodeBatchWorkflowId } from '../ids.ts';
import { supersede } from '../messages.ts';
import {
  type Gate,
  NODES_PER_BATCH,
  type NodeFailure,
  type NodeBatchInput,
  type NodeBatchReport,
  type NodeTask,
  nodeBatchReport,
  type PhaseCounts,
  openGate,
} from './node-tasks.ts';
import type { PhaseTable } from './phase-table.ts';

/** Type of the failure that tells what failed on nodes. */
export const NODES_FAILED = 'NodesFailed' satisfies keyof typeof OPERATION_FAILURES;

type BatchWorkflow<Context, Task extends NodeTask> = (
  input: NodeBatchInput<Context, Task>,
) => Promise<NodeBatchReport>;
type BatchHandle = Pick<ChildWorkflowHandle<BatchWorkflow<never, never>>, 'workflowId' | 'signal' | 'result'>;

export interface NodeBatchesInput<Context, Task extends NodeTask> {
  /** Workflow type of the system's node batch. */
  readonly type: string;
  /** What every node of the operation needs to know. */
  readonly context: Context;
  readonly tasks: readonly Task[];
  readonly table: PhaseTable;
  /** By phase: what to add to the number of nodes once all are through, e.g. `nothing in the way`. */
  readonly summaries?: Readonly<Record<string, string>>;
}

/** All nodes of the operation, spread over child executions; fills the rows of the node phases from their reports. */
export class NodeBatches {
  readonly #table: PhaseTable;
  readonly #phases: readonly string[];
  readonly #summaries: Readonly<Record<string, string>>;
  readonly #tasks: readonly NodeTask[];
  readonly #reports: NodeBatchReport[] = [];
  #children: BatchHandle[] = [];
  /** By batch: each tells its own in order. */
  readonly #notesTaken: number[] = [];
  #ended = 0;
  /** Executions that a person ended, or that could not go on. */
  readonly #lost: FailurePart[] = [];
  /** By phase: how many failed nodes its row names. */
  readonly #failuresShown = new Map<string, number>();

  private constructor(
    table: PhaseTable,
    tasks: readonly NodeTask[],
    summaries: Readonly<Record<string, string>>,
  ) {
    this.#summaries = summaries;
    this.#table = table;
    this.#tasks = tasks;
    this.#phases = table.phases.map((p) => p.name).filter((name) => table.isPerNode(name));
    setHandler(nodeBatchReport, (report) => this.#take(report));
  }

  static async start<Context, Task extends NodeTask>({
    type,
    context,
    tasks,
    table,
    summaries = {},
  }: NodeBatchesInput<Context, Task>): Promise<NodeBatches> {
    const nodes = new NodeBatches(table, tasks, summaries);
    const batches = Math.ceil(tasks.length / NODES_PER_BATCH);
    // Leaving must not cancel the children: they are told, and end at safe points of their own.
    await CancellationScope.nonCancellable(async () => {
      nodes.#children = await Promise.all(
        Array.from({ length: batches }, (_, batch) => {
          const part = tasks.slice(batch * NODES_PER_BATCH, (batch + 1) * NODES_PER_BATCH);
          return startChild<BatchWorkflow<Context, Task>>(type, {
            workflowId: nodeBatchWorkflowId(workflowInfo().workflowId, batch),
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
   * Ends when every node that answers has passed this phase, and that is one at least; one refusal is enough to stop
   * before the first write. A node that does not answer is checked when it is back, and its row stays open until then.
   */
  async passed(phase: string): Promise<void> {
    const allPassed = (): boolean => {
      const [done, heldUp] = [this.#done(phase), this.#heldUpIn(phase).length];
      return done + heldUp >= this.#total(phase) && done + this.#failures(phase).length > 0;
    };
    await condition(() => allPassed() || this.#lost.length > 0);
    this.#throwFailures();
  }

  /** Ends when these nodes are ours to make daemons on: checked and claimed. */
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

  async #follow(child: BatchHandle): Promise<void> {
    try {
      this.#take(await child.result());
    } catch (err) {
      const { message, next = 'see in the Temporal UI how it ended, then retry' } = failureTextOf(err);
      const subject = child.workflowId;
      this.#lost.push({ subject, message: `${subject}: ${message}`, next });
    }
    this.#ended++;
  }

  #take(report: NodeBatchReport): void {
    this.#reports[report.batch] = report;
    for (const phase of this.#phases) this.#show(phase);
    const { batch, notes } = report;
    for (const { phase, message } of notes.slice(this.#notesTaken[batch])) this.#table.note(phase, message);
    this.#notesTaken[batch] = notes.length;
  }

  #show(phase: string): void {
    const failed = this.#failures(phase);
    if (this.#failuresShown.has(phase)) return this.#showFailures(phase, failed);
    if (!this.#table.isOpen(phase)) return;
    const total = this.#total(phase);
    const counts = this.#counts(phase);
    const sum = (of: 'started' | 'done' | 'skipped') => counts.reduce((n, c) => n + c[of], 0);
    if (sum('started') === 0 && failed.length === 0 && phase !== this.#phases[0]) return;

    this.#table.start(phase, total);
    this.#table.count(phase, sum('done'));
    this.#table.block(
      phase,
      this.#all((r) => r.blocked)
        .filter((b) => this.#shownIn(b.phase) === phase)
        .map((b) => b.node),
    );
    if (failed.length > 0) this.#showFailures(phase, failed);
    else if (sum('done') === total) {
      const skipped = sum('skipped') === total;
      const done = [`${total} nodes`, this.#summaries[phase]].filter((part) => part !== undefined).join(', ');
      this.#table.end(phase, skipped ? 'Skipped' : 'Done', skipped ? 'already there' : done);
    }
  }

  /** Nodes fail one after the other: each that comes later is told beside those before. */
  #showFailures(phase: string, failed: readonly NodeFailure[]): void {
    if (failed.length === this.#failuresShown.get(phase)) return;
    this.#failuresShown.set(phase, failed.length);
    this.#table.fail(phase, joinFailureTexts(failed.map(partOf)));
  }

  #total(phase: string): number {
    return this.#tasks.filter((t) => t.phases.includes(phase)).length;
  }

  /** A node that was left behind by a phase is named where the others are now, so that it is never out of sight. */
  #shownIn(phase: string): string {
    return this.#phases.slice(this.#phases.indexOf(phase)).find((p) => this.#table.isOpen(p)) ?? phase;
  }

  #counts(phase: string): readonly PhaseCounts[] {
    return this.#all((r) => [r.phases[phase]].filter((c) => c !== undefined));
  }

  #done(phase: string): number {
    return this.#counts(phase).reduce((sum, c) => sum + c.done, 0);
  }

  /** Nodes that this phase does not wait for now: failed or not answering. */
  #heldUpIn(phase: string): readonly string[] {
    const failed = this.#failures(phase).map((f) => f.node);
    const silent = this.#all((r) => r.blocked)
      .filter((b) => b.phase === phase)
      .map((b) => b.node);
    return [...new Set([...failed, ...silent])];
  }

  #failures(phase: string): readonly NodeFailure[] {
    return this.#all((r) => r.failures).filter((f) => f.phase === phase);
  }

  #throwFailures(): void {
    const failures = this.#all((r) => r.failures);
    const parts = [...failures.map(partOf), ...this.#lost];
    if (parts.length === 0) return;
    throw applicationFailure(operationFailure(NODES_FAILED, { ...joinFailureTexts(parts), parts }));
  }

  #all<T>(of: (report: NodeBatchReport) => readonly T[]): T[] {
    return this.#reports.flatMap((r) => [...of(r)]);
  }
}

const partOf = ({ node, phase: _shownByTheTable, ...told }: NodeFailure): FailurePart => ({
  subject: node,
  ...told,
});
