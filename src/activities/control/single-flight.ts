import { SHARED_ANSWER_MAX_AGE_MS } from './intervals.ts';

/**
 * One answer for all who ask the same at about the same time. A question that is under way is joined, and an answer
 * stays good for a moment; so a thousand waiting activities cost one question a second. The question belongs to all
 * who wait for it: it is not ended with one of them.
 */
export class SingleFlight<T> {
  readonly #held = new Map<string, { readonly answer: Promise<T>; at: number }>();

  /** Rejects with the signal's reason when that is aborted first. */
  async get(key: string, ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const leaving = Promise.withResolvers<never>();
    const leave = (): void => leaving.reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([this.#shared(key, ask), leaving.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #shared(key: string, ask: () => Promise<T>): Promise<T> {
    const now = performance.now();
    // The answers are large, and who asked for one may be gone for good.
    for (const [old, { at }] of this.#held) if (now - at > SHARED_ANSWER_MAX_AGE_MS) this.#held.delete(old);
    const held = this.#held.get(key);
    if (held) return held.answer;
    // Its age counts from the end of the question; a failed one is not kept.
    const fresh = { answer: ask(), at: Number.POSITIVE_INFINITY };
    this.#held.set(key, fresh);
    fresh.answer.then(
      () => (fresh.at = performance.now()),
      () => this.#held.delete(key),
    );
    return fresh.answer;
  }
}
