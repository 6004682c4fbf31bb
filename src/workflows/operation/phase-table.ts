import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { withNext } from '../../systems/failure-text.ts';
import type { FailureText } from '../../systems/failure.ts';
import type { OperationId } from '../../systems/operation.ts';
import {
  type PhaseDefinition,
  type PhaseState,
  type PhaseView,
  type Transition,
  pendingPhases,
} from '../../systems/phases.ts';
import { row } from '../markdown.ts';
import { BLOCKED_NODES, CLUSTER, PHASE, SYSTEM } from '../search-attributes.ts';

/** The record keeps the newest; an operation without faults needs about forty. */
const TRANSITIONS_KEPT = 500;

type Row = { -readonly [K in keyof PhaseView]: PhaseView[K] };

const FINAL: readonly PhaseState[] = ['Done', 'Skipped', 'Failed'];

/** How far an operation is: one row per phase, and the ordered record of how it came there. */
export class PhaseTable {
  readonly #operation: OperationId;
  readonly #title: string;
  readonly #definitions: readonly PhaseDefinition[];
  readonly #rows: readonly Row[];
  readonly #transitions: Transition[] = [];
  #sequence = 0;
  #published = '';
  /** Counts changes, so that whoever publishes the table knows that there is something new. */
  version = 0;

  constructor(operation: OperationId, title: string, definitions: readonly PhaseDefinition[]) {
    this.#operation = operation;
    this.#title = title;
    this.#definitions = definitions;
    this.#rows = pendingPhases(definitions);
    upsertSearchAttributes([
      { key: SYSTEM, value: operation.system },
      { key: CLUSTER, value: `${operation.namespace}/${operation.name}` },
    ]);
  }

  get phases(): readonly PhaseView[] {
    return this.#rows;
  }

  get transitions(): readonly Transition[] {
    return this.#transitions;
  }

  /** Phases that are pending or running: their nodes may still be waited for. */
  isOpen(name: string): boolean {
    return !FINAL.includes(this.#row(name).state);
  }

  isPerNode(name: string): boolean {
    return this.#definitions.some((d) => d.name === name && d.perNode);
  }

  start(name: string, total: number, message?: string): void {
    const phase = this.#row(name);
    if (phase.state === 'Running') return;
    phase.state = 'Running';
    phase.started = now();
    phase.nodes = { done: 0, total };
    if (message) phase.message = message;
    this.#note(name, 'Running', message ?? 'started');
  }

  count(name: string, done: number): void {
    const phase = this.#row(name);
    if (phase.nodes.done === done) return;
    phase.nodes = { done, total: phase.nodes.total };
    this.#changed();
  }

  end(name: string, state: 'Done' | 'Skipped', message: string): void {
    const phase = this.#row(name);
    phase.nodes = { done: phase.nodes.total, total: phase.nodes.total };
    this.#close(phase, state, message);
  }

  fail(name: string, { message, next }: FailureText): void {
    const phase = this.#row(name);
    phase.lastError = message;
    if (next !== undefined) phase.next = next;
    this.#close(phase, 'Failed', message);
  }

  #close(phase: Row, state: PhaseState, message: string): void {
    phase.started ??= now();
    phase.state = state;
    phase.finished = now();
    phase.blocked = [];
    phase.message = message;
    this.#note(phase.name, state, message);
  }

  /** The operation ends before this phase has: it is as it was, for the next operation to go on with. */
  reset(name: string, why: string): void {
    const phase = this.#row(name);
    phase.state = 'Pending';
    phase.blocked = [];
    phase.message = why;
    this.#note(name, 'Pending', why);
  }

  /** The nodes that hold this phase up; each change is recorded once. */
  block(name: string, nodes: readonly string[]): void {
    const phase = this.#row(name);
    const gone = nodes.filter((n) => !phase.blocked.includes(n));
    const back = phase.blocked.filter((n) => !nodes.includes(n));
    phase.blocked = [...nodes];
    if (gone.length > 0) this.#note(name, 'Blocked', `${gone.join(', ')} not answering; the rest goes on`);
    if (back.length > 0) this.#note(name, 'Unblocked', `${back.join(', ')} answering again`);
  }

  note(name: string, message: string): void {
    this.#note(name, 'Note', message);
  }

  #row(name: string): Row {
    const row = this.#rows.find((r) => r.name === name);
    if (!row) throw new Error(`there is no phase ${name}`); // a defect of the story
    return row;
  }

  #note(phase: string, state: Transition['state'], message: string): void {
    this.#transitions.push({ sequence: ++this.#sequence, time: now(), phase, state, message });
    if (this.#transitions.length > TRANSITIONS_KEPT) this.#transitions.shift();
    this.#changed();
  }

  #changed(): void {
    this.version++;
    setCurrentDetails(this.#markdown());
    const running = this.#rows.filter((r) => r.state === 'Running').map((r) => r.name);
    const failed = this.#rows.filter((r) => r.state === 'Failed').map((r) => r.name);
    const phase = failed[0] ?? running[0] ?? null;
    const blocked = [...new Set(this.#rows.flatMap((r) => (this.isOpen(r.name) ? r.blocked : [])))];
    // Each upsert is an event of the history: only what is new is published.
    const attributes = `${phase} ${blocked.join(' ')}`;
    if (attributes === this.#published) return;
    this.#published = attributes;
    upsertSearchAttributes([
      { key: PHASE, value: phase },
      { key: BLOCKED_NODES, value: blocked },
    ]);
  }

  #markdown(): string {
    const o = this.#operation;
    const rows = this.#rows.map((r) => {
      const blocked =
        this.isOpen(r.name) && r.blocked.length > 0 ? `**not answering: ${r.blocked.join(', ')}** ` : '';
      const nodes = r.nodes.total > 0 ? `${r.nodes.done} of ${r.nodes.total}` : '';
      const state = `${GLYPH[r.state]} ${r.state}`;
      const message = withNext({ message: r.message ?? '', next: r.next });
      return row(r.name, state, nodes, clock(r.started), clock(r.finished), `${blocked}${message}`);
    });
    return [
      `${this.#title} **${o.namespace}/${o.name}**, generation ${o.generation}, attempt ${o.attempt}`,
      '',
      row('phase', 'state', 'done', 'started', 'finished', ''),
      row(...Array.from({ length: 6 }, () => '---')),
      ...rows,
    ].join('\n');
  }
}

const GLYPH: Record<PhaseState, string> = {
  Pending: '·',
  Running: '▶',
  Skipped: '↷',
  Done: '✔',
  Failed: '✘',
};

const now = (): string => new Date().toISOString();
const clock = (iso: string | undefined): string => iso?.slice(11, 19) ?? '';
