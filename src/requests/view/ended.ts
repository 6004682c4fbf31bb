import { BY_TERMINATION, cutShort, endedBy } from '../../systems/phases.ts';
import type { OperationView } from '../../workflows/messages.ts';

/** How and when Temporal closed an execution. */
export interface Closed {
  /** The name of its status: TERMINATED, TIMED_OUT, … */
  readonly how: string;
  readonly at: string;
}

/** An operation whose execution was closed before it could say how it ended: by itself it would say Running for ever. */
export function endedFromOutside(view: OperationView, { how, at }: Closed): OperationView {
  const message = endedBy(how === 'TERMINATED' ? BY_TERMINATION : `in Temporal (${how})`);
  return { ...view, state: 'Failed', message, phases: cutShort(view.phases, at, message) };
}
