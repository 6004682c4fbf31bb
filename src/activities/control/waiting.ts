import { Backoff } from '../../concurrency/backoff.ts';
import { KubeError } from '../../kube/errors.ts';
import { LiveView } from '../../kube/live.ts';
import type { Scope } from '../../kube/objects.ts';
import type { KubeObject, Resource } from '../../kube/resources.ts';
import { withProgress } from '../heartbeats.ts';
import type { Progress } from '../node/contract.ts';
import { withNext } from '../../systems/failure-text.ts';
import type { ActivityContext } from './activity-context.ts';
import { ChangeSignal } from './change-signal.ts';
import { ASK_PAUSE } from './intervals.ts';

/** Sets of objects that a wait watches, by names of the caller's choice. */
export type Watched = Readonly<Record<string, Selection<KubeObject>>>;

export interface Selection<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly scope: Scope;
}

/** The objects of each set as they are now. */
export type Seen<W extends Watched> = {
  readonly [K in keyof W]: W[K] extends Selection<infer T> ? readonly T[] : never;
};

export const select = <T extends KubeObject>(resource: Resource<T>, scope: Scope): Selection<T> => ({
  resource,
  scope,
});

/** How far the thing waited for is; `answer` ends the wait. */
export interface Poll<R> {
  readonly progress: Progress;
  readonly answer?: R | undefined;
}

/**
 * Looks until a look has an answer: at once when a watched object changes, and besides with a short capped pause,
 * because daemons tell nobody when they become ready. What is waited for is told each second.
 */
export async function awaitAnswer<W extends Watched, R>(
  work: ActivityContext,
  watched: W,
  look: (seen: Seen<W>) => Promise<Poll<R>>,
): Promise<R> {
  return reportingProgress(work, async (tell) => {
    const stop = new AbortController();
    const changes = new ChangeSignal();
    const views = viewsOf(work.kube.within(stop.signal), watched, () => changes.notify());
    try {
      const backoff = new Backoff(ASK_PAUSE);
      let last = NOTHING_YET;
      while (true) {
        changes.clear();
        const { progress, answer } = await tolerateOutage(last, async () => look(await seenIn<W>(views)));
        tell(withTroubles(progress, views));
        if (answer !== undefined) return answer;
        last = progress;
        if (await changes.changedWithin(backoff.next(), work.signal)) backoff.reset();
      }
    } finally {
      stop.abort();
    }
  });
}

/** Runs something that tells its progress, and passes the last word of it on. */
export async function reportingProgress<R>(
  work: ActivityContext,
  run: (tell: (progress: Progress) => void) => Promise<R>,
): Promise<R> {
  let last: Progress = NOTHING_YET;
  const tell = ({ done, total, waitingFor }: Progress): void => void (last = { done, total, waitingFor });
  try {
    return await withProgress(
      () => last,
      () => run(tell),
    );
  } catch (error) {
    work.signal.throwIfAborted();
    throw error;
  }
}

/** A message of a heartbeat is for reading. */
const MOST_LETTERS = 1_000;

/** What is waited for, as one text of a length that somebody reads. */
export function joined(sentences: readonly string[]): string {
  const whole = sentences.join('; ');
  return whole.length <= MOST_LETTERS ? whole : `${whole.slice(0, MOST_LETTERS - 1)}…`;
}

const NOTHING_YET: Progress = { done: 0, total: 0, waitingFor: '' };

/** An API server that is away for a while is one more thing to wait for. */
async function tolerateOutage<R>(last: Progress, look: () => Promise<Poll<R>>): Promise<Poll<R>> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof KubeError) || error.permanent) throw error;
    return { progress: { ...last, waitingFor: withNext(error) } };
  }
}

type Views = ReadonlyMap<string, LiveView<KubeObject>>;

const viewsOf = (kube: ActivityContext['kube'], watched: Watched, changed: () => void): Views =>
  new Map(
    Object.entries(watched).map(([name, { resource, scope }]) => [
      name,
      new LiveView(kube, resource, scope, changed),
    ]),
  );

async function seenIn<W extends Watched>(views: Views): Promise<Seen<W>> {
  const seen = await Promise.all(
    [...views].map(async ([name, view]) => [name, await view.objects()] as const),
  );
  return Object.fromEntries(seen) as Seen<W>;
}

function withTroubles(progress: Progress, views: Views): Progress {
  const troubles = new Set([...views.values()].flatMap(({ trouble }) => (trouble ? withNext(trouble) : [])));
  if (troubles.size === 0) return progress;
  return {
    ...progress,
    waitingFor: [progress.waitingFor, ...troubles].filter((part) => part !== '').join('; '),
  };
}
