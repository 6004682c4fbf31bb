import { withNext } from '../../systems/failure-text.ts';
import type { FailureText } from '../../systems/failure.ts';
import { row } from '../markdown.ts';
import type { NodeBatchReport, NodeFailure, NodeTask, PhaseCounts } from './node-tasks.ts';

/** A phase of a batch is reported to the operation in at most this many steps, whatever the number of nodes. */
const STEPS = 4;

type Counts = { -readonly [K in keyof PhaseCounts]: PhaseCounts[K] };

/** Where each node of a batch is, and what of it was not reported to the operation yet. */
export class BatchProgress {
  readonly #batch: number;
  readonly #step: number;
  readonly #counts: Record<string, Counts>;
  /** The phases that a node goes through, in their order. */
  readonly #route: ReadonlyMap<string, readonly string[]>;
  readonly #at = new Map<string, string>();
  readonly #silent = new Set<string>();
  readonly #complete = new Set<string>();
  readonly #claimAwaited: ReadonlySet<string>;
  readonly #claimed = new Set<string>();
  readonly #failures: NodeFailure[] = [];
  readonly #notes: { phase: string; message: string }[] = [];
  #urgent = false;
  #news = 0;

  constructor(batch: number, tasks: readonly NodeTask[]) {
    this.#batch = batch;
    this.#step = Math.ceil(tasks.length / STEPS);
    this.#route = new Map(tasks.map(({ node, phases }) => [node, phases]));
    this.#counts = Object.fromEntries(
      tasks.flatMap((t) => t.phases).map((p) => [p, { started: 0, done: 0, skipped: 0 }]),
    );
    this.#claimAwaited = new Set(tasks.filter((t) => t.claimAwaited).map((t) => t.node));
    for (const { node, phases } of tasks) this.#at.set(node, phases[0] ?? '');
  }

  start(node: string, phase: string): void {
    this.#at.set(node, phase);
    const counts = this.#of(phase);
    if (counts.started++ === 0) this.#urgent = true;
  }

  finish(node: string, phase: string, how: 'done' | 'skipped'): void {
    // Where it goes next, so that a node which falls silent now holds up that phase and not the one it has passed.
    const route = this.#route.get(node) ?? [];
    this.#at.set(node, route[route.indexOf(phase) + 1] ?? phase);
    const counts = this.#of(phase);
    counts.done++;
    if (how === 'skipped') counts.skipped++;
    this.#news++;
    if (counts.done === counts.started) this.#urgent = true;
  }

  /** Daemons may be made on the node. */
  claimed(node: string): void {
    if (!this.#claimAwaited.has(node)) return;
    this.#claimed.add(node);
    this.#urgent = true;
  }

  /** Nothing is left to do on the node: whether it answers matters no more. */
  complete(node: string): void {
    this.#complete.add(node);
    if (this.#silent.delete(node)) this.#urgent = true;
  }

  fail(node: string, told: FailureText): void {
    this.#failures.push({ node, phase: this.#at.get(node) ?? '', ...told });
    this.#urgent = true;
  }

  note(phase: string, message: string): void {
    this.#notes.push({ phase, message });
    this.#urgent = true;
  }

  answers(node: string, answers: boolean): void {
    if (this.#complete.has(node)) return;
    const changed = answers ? this.#silent.delete(node) : !this.#silent.has(node);
    if (!answers) this.#silent.add(node);
    if (changed) this.#urgent = true;
  }

  worthReporting(): boolean {
    return this.#urgent || this.#news >= this.#step;
  }

  takeReport(): NodeBatchReport {
    this.#urgent = false;
    this.#news = 0;
    return this.report();
  }

  report(): NodeBatchReport {
    return {
      batch: this.#batch,
      phases: Object.fromEntries(Object.entries(this.#counts).map(([phase, c]) => [phase, { ...c }])),
      claimed: [...this.#claimed],
      blocked: [...this.#silent].map((node) => ({ node, phase: this.#at.get(node) ?? '' })),
      failures: [...this.#failures],
      notes: [...this.#notes],
    };
  }

  /** A phase that is on no node's route is counted all the same: a defect of a story must not lose the node. */
  #of(phase: string): Counts {
    return (this.#counts[phase] ??= { started: 0, done: 0, skipped: 0 });
  }

  /** The batch for the Temporal UI. */
  markdown(): string {
    const at = [...this.#at].map(([node, phase]) => {
      const failure = this.#failures.find((f) => f.node === node);
      const state = failure ? `✘ ${withNext(failure)}` : this.#silent.has(node) ? 'does not answer' : '';
      return row(node, this.#complete.has(node) ? '✔' : phase, state);
    });
    return [row('node', 'phase', ''), row('---', '---', '---'), ...at].join('\n');
  }
}
