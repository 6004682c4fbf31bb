import { row } from '../markdown.ts';
import {
  NODE_PHASES,
  type NodeFailure,
  type NodePhase,
  type NodeBatchReport,
  type NodeTask,
} from './node-tasks.ts';

/** A phase of a batch is told to the operation in at most this many steps, whatever the number of nodes. */
const STEPS = 4;

interface Counts {
  started: number;
  done: number;
  skipped: number;
}

/** Where each node of a batch is, and what of it the operation has not been told yet. */
export class BatchProgress {
  readonly #batch: number;
  readonly #step: number;
  readonly #counts = Object.fromEntries(
    NODE_PHASES.map((p) => [p, { started: 0, done: 0, skipped: 0 }]),
  ) as Record<NodePhase, Counts>;
  readonly #at = new Map<string, NodePhase>();
  readonly #silent = new Set<string>();
  readonly #through = new Set<string>();
  readonly #carriers: ReadonlySet<string>;
  readonly #claimed = new Set<string>();
  readonly #failures: NodeFailure[] = [];
  readonly #notes: { phase: NodePhase; message: string }[] = [];
  #urgent = false;
  #news = 0;

  constructor(batch: number, tasks: readonly Pick<NodeTask, 'node' | 'controlPlane'>[]) {
    this.#batch = batch;
    this.#step = Math.ceil(tasks.length / STEPS);
    this.#carriers = new Set(tasks.filter((t) => t.controlPlane).map((t) => t.node));
    for (const { node } of tasks) this.#at.set(node, 'preflight');
  }

  start(node: string, phase: NodePhase): void {
    this.#at.set(node, phase);
    const counts = this.#counts[phase];
    if (counts.started++ === 0) this.#urgent = true;
  }

  finish(node: string, phase: NodePhase, how: 'done' | 'skipped'): void {
    // Where it goes next, so that a node which falls silent now holds up that phase and not the one it has passed.
    this.#at.set(node, NODE_PHASES[NODE_PHASES.indexOf(phase) + 1] ?? phase);
    const counts = this.#counts[phase];
    counts.done++;
    if (how === 'skipped') counts.skipped++;
    this.#news++;
    if (counts.done === counts.started) this.#urgent = true;
  }

  /** Daemons may be made on the node. */
  claimed(node: string): void {
    if (!this.#carriers.has(node)) return;
    this.#claimed.add(node);
    this.#urgent = true;
  }

  /** Nothing is left to do on the node: whether it answers matters no more. */
  complete(node: string): void {
    this.#through.add(node);
    if (this.#silent.delete(node)) this.#urgent = true;
  }

  fail(node: string, message: string): void {
    this.#failures.push({ node, phase: this.#at.get(node) ?? 'preflight', message });
    this.#urgent = true;
  }

  note(phase: NodePhase, message: string): void {
    this.#notes.push({ phase, message });
    this.#urgent = true;
  }

  answers(node: string, answers: boolean): void {
    if (this.#through.has(node)) return;
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
    const copy = Object.fromEntries(
      NODE_PHASES.map((p) => [p, { ...this.#counts[p] }]),
    ) as NodeBatchReport['phases'];
    return {
      batch: this.#batch,
      phases: copy,
      claimed: [...this.#claimed],
      blocked: [...this.#silent].map((node) => ({ node, phase: this.#at.get(node) ?? 'preflight' })),
      failures: [...this.#failures],
      notes: [...this.#notes],
    };
  }

  /** The batch for the Temporal UI. */
  markdown(): string {
    const at = [...this.#at].map(([node, phase]) => {
      const failure = this.#failures.find((f) => f.node === node);
      const state = failure ? `✘ ${failure.message}` : this.#silent.has(node) ? 'does not answer' : '';
      return row(node, this.#through.has(node) ? '✔' : phase, state);
    });
    return [row('node', 'phase', ''), row('---', '---', '---'), ...at].join('\n');
  }
}
