/**
 * Wakes one waiter when something changed. It is one object for a whole wait, and nothing is left on it or on the
 * caller's signal: a promise for each round would stay, with its listeners, on everything that never changes.
 */
export class ChangeSignal {
  #changed = false;
  #wake: (() => void) | undefined;

  /** Something changed. Kept for the next who waits when nobody does now. */
  notify(): void {
    this.#changed = true;
    this.#wake?.();
  }

  /** Forgets what changed so far: the caller is about to see it. */
  clear(): void {
    this.#changed = false;
  }

  /** True as soon as something has changed, false after `ms`. Rejects with the signal's reason when that is aborted. */
  changedWithin(ms: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#wake = undefined;
        if (signal.aborted) reject(signal.reason as Error);
        else resolve(this.#changed);
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end);
      this.#wake = end;
      if (this.#changed || signal.aborted) end();
    });
  }
}
