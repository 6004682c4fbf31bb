import { setTimeout as delay } from 'node:timers/promises';

/** Asks one of several that can all give the same answer. Its signal is aborted once another has answered. */
export type Asked<T> = (signal: AbortSignal) => Promise<T>;

/**
 * The first answer. The next is asked when the ones before have failed, and also when they have kept silent for
 * `patienceMs`: silence may mean a lost node, and its end would come late. When all have failed, the last error counts.
 */
export async function firstAnswer<T>(all: readonly Asked<T>[], patienceMs: number): Promise<T> {
  const enough = new AbortController();
  const asked: Promise<T>[] = [];
  try {
    for (const ask of all) {
      asked.push(ask(enough.signal));
      const answer = await settledWithin(Promise.any(asked), patienceMs);
      if (answer) return answer.value;
    }
    return await Promise.any(asked);
  } catch (error) {
    throw error instanceof AggregateError ? error.errors.at(-1) : error;
  } finally {
    enough.abort(new Error('another one has answered'));
  }
}

/** The answer when it comes in time; undefined when it does not, and as soon as all have failed. */
async function settledWithin<T>(any: Promise<T>, ms: number): Promise<{ readonly value: T } | undefined> {
  const over = new AbortController();
  const answer = any.then(
    (value) => ({ value }),
    () => undefined, // told by whoever waits for all of them
  );
  try {
    return await Promise.race([answer, delay(ms, undefined, { signal: over.signal })]);
  } finally {
    over.abort();
  }
}
