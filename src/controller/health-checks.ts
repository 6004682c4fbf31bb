import { resourceKey } from '../systems/operation.ts';
import type { HealthCheckInput } from '../workflows/messages.ts';
import { pause } from './leadership.ts';

export interface HealthChecksOptions {
  /** Checks once, and ends when the check has ended. */
  readonly check: (input: HealthCheckInput) => Promise<void>;
  /** Every node that a cluster uses. */
  readonly nodesOf: (input: HealthCheckInput) => readonly string[];
  readonly onError: (cluster: string, err: unknown) => void;
  readonly timing: { readonly afterMs: number; readonly debounceMs: number; readonly gapMs: number };
  readonly signal: AbortSignal;
}

interface Watched {
  input: HealthCheckInput;
  readonly dropped: AbortController;
  /** Ends the pause before the next check. */
  triggered: AbortController;
}

/**
 * Keeps every accepted cluster checked: soon after something of it changed, and some time after the last check ended in
 * any case. Checks of one cluster never overlap.
 */
export class HealthChecks {
  readonly #options: HealthChecksOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: HealthChecksOptions) {
    this.#options = options;
  }

  /** From now on this manifest is what the cluster is judged by. */
  track(input: HealthCheckInput): void {
    const key = resourceKey(input.resource);
    const known = this.#watched.get(key);
    if (known !== undefined) {
      known.input = input;
      this.trigger(key);
      return;
    }
    const watched: Watched = { input, dropped: new AbortController(), triggered: new AbortController() };
    this.#watched.set(key, watched);
    void this.#attend(key, watched);
  }

  untrack(key: string): void {
    this.#watched.get(key)?.dropped.abort();
    this.#watched.delete(key);
  }

  /** Something of the cluster changed: check soon. */
  trigger(key: string): void {
    this.#watched.get(key)?.triggered.abort();
  }

  /** Clusters that use this node. */
  using(node: string): readonly string[] {
    return [...this.#watched]
      .filter(([, { input }]) => this.#options.nodesOf(input).includes(node))
      .map(([key]) => key);
  }

  async #attend(key: string, watched: Watched): Promise<void> {
    const { check, onError, timing } = this.#options;
    const signal = AbortSignal.any([this.#options.signal, watched.dropped.signal]);
    while (!signal.aborted) {
      const began = performance.now();
      // Changes before this moment will be seen by this check, changes after it need another one.
      watched.triggered = new AbortController();
      await check(watched.input).catch((err: unknown) => {
        if (!signal.aborted) onError(key, err);
      });
      await pause(timing.afterMs, AbortSignal.any([signal, watched.triggered.signal]));
      const gap = timing.gapMs - (performance.now() - began);
      if (watched.triggered.signal.aborted) await pause(Math.max(timing.debounceMs, gap), signal);
    }
  }
}
