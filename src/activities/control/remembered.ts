/** An answer that is costly to get: it is used until it is old, or until something has changed since. */
export class Remembered<T> {
  #held: { readonly answer: Promise<T>; readonly at: number } | undefined;
  #changed = false;

  /** The answer may be another one now. */
  changed(): void {
    this.#changed = true;
  }

  /**
   * @param limits.maxAgeMs how long an answer is used while nothing changes
   * @param limits.gapMs the least time between two questions
   */
  get(
    ask: () => Promise<T>,
    { maxAgeMs, gapMs }: { readonly maxAgeMs: number; readonly gapMs: number },
  ): Promise<T> {
    const now = performance.now();
    const limit = this.#changed ? gapMs : maxAgeMs;
    if (this.#held !== undefined && now - this.#held.at < limit) return this.#held.answer;
    const held = { answer: ask(), at: now };
    this.#held = held;
    this.#changed = false;
    held.answer.catch(() => {
      // What failed is asked again by the next.
      if (this.#held === held) this.#held = undefined;
    });
    return held.answer;
  }
}
