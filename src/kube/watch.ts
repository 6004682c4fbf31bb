import { setTimeout as delay } from 'node:timers/promises';
import { Backoff } from '../concurrency/backoff.ts';
import type { Kube } from './client.ts';
import { KubeError, type Status, fromAnswer, isGone } from './errors.ts';
import { ERROR_PAUSE, WATCH_SECONDS, WATCH_SLACK_MS, WATCH_TOO_SHORT_MS } from './intervals.ts';
import { type Scope, asked, list, selectors, spaceOf } from './objects.ts';
import { type KubeObject, type Resource, objectKey, pathOf } from './resources.ts';

/** What a watch tells: first, and after every gap, the whole list; in between single changes. */
export type Change<T> =
  | { readonly type: 'listed'; readonly objects: readonly T[] }
  | { readonly type: 'set'; readonly object: T }
  | { readonly type: 'deleted'; readonly object: T };

export interface WatchOptions {
  /** The point in time to go on from, as an earlier list or object told it. Absent: begin with a list. */
  readonly from?: string;
  /** Called for every error that the watch itself gets over, with what it is: for logs and for people who wait. */
  readonly onTrouble?: (error: KubeError) => void;
}

/**
 * Follows a set of objects for as long as the caller reads. It survives resets, API server restarts and versions that
 * are no longer stored (410): then it lists again. It ends only by an error that no repetition can heal (Forbidden), or
 * when the signal of `kube` is aborted.
 */
export async function* watch<T extends KubeObject>(
  kube: Kube,
  resource: Resource<T>,
  scope: Scope,
  options: WatchOptions = {},
): AsyncGenerator<Change<T>, never> {
  const backoff = new Backoff(ERROR_PAUSE, Math.random);
  let from = options.from;
  while (true) {
    try {
      if (from === undefined) {
        const listed = await list(kube, resource, scope);
        yield { type: 'listed', objects: listed.items };
        from = listed.resourceVersion;
      }
      const started = performance.now();
      let told = false;
      for await (const event of oneWatch(kube, resource, scope, from)) {
        from = event.object.metadata?.resourceVersion ?? from;
        told = true;
        backoff.reset();
        if (event.type === 'BOOKMARK') continue;
        yield { type: event.type === 'DELETED' ? 'deleted' : 'set', object: event.object };
      }
      if (told || performance.now() - started > WATCH_TOO_SHORT_MS) backoff.reset();
      else await pause(backoff.next(), kube.signal);
    } catch (error) {
      if (!(error instanceof KubeError) || error.permanent) throw error;
      if (isGone(error)) from = undefined;
      options.onTrouble?.(error);
      await pause(backoff.next(), kube.signal);
    }
  }
}

/** Rejects with the signal's reason when it is aborted meanwhile. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/**
 * Watches until `until` answers something other than undefined, and returns that answer. `until` is asked with all
 * objects of the scope, after the first list and after each change.
 */
export async function watchUntil<T extends KubeObject, R>(
  kube: Kube,
  resource: Resource<T>,
  scope: Scope,
  until: (objects: readonly T[]) => R | undefined | Promise<R | undefined>,
  options: WatchOptions = {},
): Promise<R> {
  const now = new Map<string, T>();
  for await (const change of watch(kube, resource, scope, options)) {
    keep(now, change);
    const answer = await until([...now.values()]);
    if (answer !== undefined) return answer;
  }
  throw new Error('a watch ended by itself'); // cannot be: it ends by throwing only
}

/** Brings a picture of a set of objects up to date, by namespace and name. */
export function keep<T extends KubeObject>(now: Map<string, T>, change: Change<T>): void {
  if (change.type === 'listed') {
    now.clear();
    for (const object of change.objects) now.set(objectKey(object.metadata), object);
  } else if (change.type === 'set') now.set(objectKey(change.object.metadata), change.object);
  else now.delete(objectKey(change.object.metadata));
}

interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

async function* oneWatch<T extends KubeObject>(
  kube: Kube,
  resource: Resource<T>,
  scope: Scope,
  from: string,
): AsyncGenerator<WatchEvent<T>> {
  const question = asked('watch', resource, spaceOf(scope));
  const lines = kube.lines({
    method: 'GET',
    path: pathOf(resource, spaceOf(scope)),
    query: {
      ...selectors(scope),
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: from,
      timeoutSeconds: String(WATCH_SECONDS),
    },
    timeoutMs: WATCH_SECONDS * 1_000 + WATCH_SLACK_MS,
    asked: question,
  });
  for await (const line of lines) {
    const event = JSON.parse(line) as WatchEvent<T> | { readonly type: 'ERROR'; readonly object: Status };
    if (event.type === 'ERROR')
      throw fromAnswer(question, event.object.code ?? 500, JSON.stringify(event.object));
    yield event;
  }
}
