import { setTimeout as delay } from 'node:timers/promises';
import type { Transition } from '../systems/phases.ts';
import type { ClusterDetail, TransitionEvent } from '../requests/answers/clusters.ts';
import { type ProblemDocument, problemDocument } from '../requests/problems.ts';
import { type ClusterState, asProblem } from './cluster-state.ts';

/**
 * What is sent to those who follow a cluster. `transition` has happened and is numbered, so that a reconnecting client
 * goes on after the last one it saw; `cluster` is the whole view whenever it changed and carries no id.
 */
export type ClusterEvent =
  | { readonly event: 'transition'; readonly id: string; readonly data: TransitionEvent }
  | { readonly event: 'cluster'; readonly data: ClusterDetail }
  | { readonly event: 'problem'; readonly data: ProblemDocument }
  | { readonly event: 'gone'; readonly data: { readonly message: string } };

/** Progress is heartbeated at most once a second: asking more often shows nothing new. */
const TICK_MS = 1_000;

export interface FollowOptions {
  readonly read: () => Promise<ClusterState>;
  readonly view: (state: ClusterState) => ClusterDetail;
  /** `<operation>/<sequence>` of the last transition that the client saw. */
  readonly lastEventId?: string | undefined;
  readonly signal: AbortSignal;
  readonly tickMs?: number;
}

/** Follows one cluster: what has been, then each change, until the signal or the end of the resource. */
export async function* follow(options: FollowOptions): AsyncGenerator<ClusterEvent> {
  const { read, view, signal } = options;
  let sent = parseEventId(options.lastEventId);
  let last = '';
  while (!signal.aborted) {
    try {
      const state = await read();
      for (const event of transitionsAfter(state, sent)) {
        sent = { operation: event.data.operation, sequence: event.data.sequence };
        yield event;
      }
      const data = view(state);
      const text = JSON.stringify(data);
      if (text !== last) yield { event: 'cluster', data };
      last = text;
    } catch (err) {
      const problem = asProblem(err);
      if (problem === undefined) throw err;
      if (problem.code === 'ClusterNotFound') {
        yield { event: 'gone', data: { message: problem.facts.detail } };
        return;
      }
      const data = problemDocument(problem);
      const text = JSON.stringify(data);
      if (text !== last) yield { event: 'problem', data };
      last = text;
    }
    await delay(options.tickMs ?? TICK_MS, undefined, { signal }).catch(() => undefined);
  }
}

interface Position {
  readonly operation: string;
  readonly sequence: number;
}

/** An id of another operation, or none, means from the beginning. */
function transitionsAfter(
  state: ClusterState,
  sent: Position | undefined,
): (ClusterEvent & { event: 'transition' })[] {
  const { live } = state;
  if (live === undefined) return [];
  const after = sent?.operation === live.id ? sent.sequence : 0;
  return live.view.transitions
    .filter((t) => t.sequence > after)
    .map((t) => ({ event: 'transition', id: `${live.id}/${t.sequence}`, data: transitionEvent(live.id, t) }));
}

const transitionEvent = (operation: string, t: Transition): TransitionEvent => ({ operation, ...t });

function parseEventId(id: string | undefined): Position | undefined {
  const parts = /^(.+)\/(\d+)$/.exec(id ?? '');
  return parts?.[1] === undefined ? undefined : { operation: parts[1], sequence: Number(parts[2]) };
}
