import type { PhaseView } from '../../systems/phases.ts';
import type { PhaseAnswer, WorkAnswer } from '../answers/clusters.ts';
import { counted, worthReading } from './work.ts';

/** One phase as it is answered: what the operation says of it, and what goes on in it now. */
export function phaseAnswer(phase: PhaseView, work: readonly WorkAnswer[], perNode: boolean): PhaseAnswer {
  const { name, state, started, finished, nodes, blocked, message } = phase;
  const shown = worthReading(work);
  const { lastError, next } =
    phase.lastError === undefined ? (shown.find((w) => w.lastError !== undefined) ?? {}) : phase;
  return {
    name,
    state,
    nodes,
    blocked,
    waitingFor: waitingFor(phase, shown),
    work: shown,
    ...(started === undefined ? {} : { started }),
    ...(finished === undefined ? {} : { finished }),
    ...(message === undefined ? {} : { message }),
    ...(lastError === undefined ? {} : { lastError }),
    ...(next === undefined ? {} : { next }),
    ...(state === 'Running' ? progress(phase, counted(work), perNode) : {}),
  };
}

function waitingFor(phase: PhaseView, work: readonly WorkAnswer[]): readonly string[] {
  if (phase.state !== 'Running') return [];
  const silent = phase.blocked.map((node) => `${node}: does not answer`);
  const rest = work
    .filter((w) => w.node === undefined || !phase.blocked.includes(w.node))
    .map((w) => `${w.node === undefined ? '' : `${w.node}: `}${w.waitingFor ?? w.what}`);
  return [...new Set([...silent, ...rest])];
}

/** Nodes that are through count whole, those at work by what they have done. */
function progress(
  { nodes }: PhaseView,
  work: readonly WorkAnswer[],
  perNode: boolean,
): Pick<PhaseAnswer, 'progress' | 'percent'> {
  const sum = (of: (w: WorkAnswer) => number): number => work.reduce((n, w) => n + of(w), 0);
  const parts = sum((w) => Math.min(1, (w.done ?? 0) / (w.total ?? 1)));
  const whole = work.length === 0 ? 0 : (nodes.total * parts) / work.length;
  const done = perNode ? nodes.done + parts : Math.max(nodes.done, whole);
  return {
    ...(work.length === 0
      ? {}
      : { progress: { done: sum((w) => w.done ?? 0), total: sum((w) => w.total ?? 0) } }),
    ...(nodes.total === 0 ? {} : { percent: Math.min(100, Math.floor((100 * done) / nodes.total)) }),
  };
}
