import { setTimeout as delay } from 'node:timers/promises';
import { errorPauseMs } from './intervals.ts';

/** Counts errors in a row and pauses after each, longer and longer up to a cap. */
export class Backoff {
  #failures = 0;

  /** Pauses; rejects with the signal's reason when it is aborted meanwhile. */
  async pause(signal?: AbortSignal): Promise<void> {
    const ms = errorPauseMs(this.#failures++);
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }

  /** Something worked. */
  reset(): void {
    this.#failures = 0;
  }
}
