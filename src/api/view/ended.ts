import type { OperationView } from '../../workflows/messages.ts';

/** How and when Temporal closed an execution. */
export interface Closed {
  /** The name of its status: TERMINATED, TIMED_OUT, … */
  readonly how: string;
  readonly at: string;
}

/** An operation whose execution was closed before it could say how it ended: by itself it would say Running for ever. */
export function endedFromOutside(view: OperationView, { how, at }: Closed): OperationView {
  const by = how === 'TERMINATED' ? 'by a person in Temporal' : `in Temporal (${how})`;
  const message = `ended ${by}, before it was done: what was done stays, and a retry goes on from there`;
  const phases = view.phases.map((phase) =>
    phase.state === 'Running'
      ? { ...phase, state: 'Failed' as const, finished: at, lastError: message }
      : phase,
  );
  return { ...view, state: 'Failed', message, phases };
}
