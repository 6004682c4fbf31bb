/** One phase of an operation, as a system defines it. */
export interface PhaseDefinition<Name extends string = string> {
  readonly name: Name;
  /** Every node goes through it by itself; otherwise it is one piece of work for all instances. */
  readonly perNode: boolean;
}

/** `Skipped`: what was observed already satisfied the spec, or the spec does not ask for it. */
export type PhaseState = 'Pending' | 'Running' | 'Skipped' | 'Done' | 'Failed';

export interface PhaseView {
  readonly name: string;
  readonly state: PhaseState;
  /** ISO times. */
  readonly started?: string;
  readonly finished?: string;
  /** How many nodes are through, for phases that fan out; otherwise instances. */
  readonly nodes: { readonly done: number; readonly total: number };
  /** Nodes that do not answer and hold this phase up. */
  readonly blocked: readonly string[];
  /** What was done or found, a short sentence. */
  readonly message?: string;
  /** Set while Failed, kept after a retry succeeded is not. */
  readonly lastError?: string;
  /** What a person does about it. */
  readonly next?: string;
}

/** The phases of an operation that has not begun. */
export const pendingPhases = (phases: readonly PhaseDefinition[]): readonly PhaseView[] =>
  phases.map(({ name }) => ({ name, state: 'Pending', nodes: { done: 0, total: 0 }, blocked: [] }));

/** One entry of the ordered record of an operation (at most 500 are kept). */
export interface Transition {
  readonly sequence: number;
  readonly time: string;
  readonly phase: string;
  readonly state: PhaseState | 'Blocked' | 'Unblocked' | 'Note';
  readonly message: string;
}

export const BY_TERMINATION = 'by a person in Temporal';

/** What people read of an operation that was ended from outside, before it could say so itself. */
export const endedBy = (whom: string): string =>
  `ended ${whom}, before it was done: what was done stays, and a retry goes on from there`;

/** The phases of such an operation: those that ran have failed with it. */
export const cutShort = (phases: readonly PhaseView[], at: string, why: string): readonly PhaseView[] =>
  phases.map((phase) =>
    phase.state === 'Running' ? { ...phase, state: 'Failed', finished: at, lastError: why } : phase,
  );
