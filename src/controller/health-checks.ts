import { nodesOf } from '../systems/curve/layout.ts';
import type { HealthCheckInput } from '../workflows/messages.ts';
import { pause } from './leadership.ts';

export interface HealthChecksOptions {
  /** Looks once, and ends when the look has ended. */
  readonly check: (input: HealthCheckInput) => Promise<void>;
  readonly onError: (cluster: string, err: unknown) => void;
  readonly timing: { readonly afterMs: number; readonly debounceMs: number; readonly gapMs: number };
  readonly signal: AbortSignal;
}

interface Watched {
  input: HealthCheckInput;
  readonly dropped: AbortController;
  /** Ends the pause before the next look. */
  stirred: AbortController;
}

/**
 * Keeps every accepted cluster looked at: soon after something of it changed, and some time after the last look ended
 * in any case. Looks of one cluster never overlap.
 */
export class HealthChecks {
  readonly #options: HealthChecksOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: HealthChecksOptions) {
    this.#options = options;
  }

  /** From now on this document is what the cluster is judged by. */
  track(input: HealthCheckInput): void {
    const key = keyOf(input);
    const known = this.#watched.get(key);
    if (known !== undefined) {
      known.input = input;
      this.trigger(key);
      return;
    }
    const watched: Watched = { input, dropped: new AbortController(), stirred: new AbortController() };
    this.#watched.set(key, watched);
    void this.#attend(key, watched);
  }

  untrack(key: string): void {
    this.#watched.get(key)?.dropped.abort();
    this.#watched.delete(key);
  }

  /** Something of the cluster changed: look soon. */
  trigger(key: string): void {
    this.#watched.get(key)?.stirred.abort();
  }

  /** Clusters that use this node. */
  using(node: string): readonly string[] {
    return [...this.#watched]
      .filter(([, { input }]) => nodesOf(input.spec).includes(node))
      .map(([key]) => key);
  }

  async #attend(key: string, watched: Watched): Promise<void> {
    const { check, onError, timing } = this.#options;
    const signal = AbortSignal.any([this.#options.signal, watched.dropped.signal]);
    while (!signal.aborted) {
      const began = performance.now();
      // Changes before this moment will be seen by this look, changes after it need another one.
      watched.stirred = new AbortController();
      await check(watched.input).catch((err: unknown) => {
        if (!signal.aborted) onError(key, err);
      });
      await pause(timing.afterMs, AbortSignal.any([signal, watched.stirred.signal]));
      const gap = timing.gapMs - (performance.now() - began);
      if (watched.stirred.signal.aborted) await pause(Math.max(timing.debounceMs, gap), signal);
    }
  }
}

const keyOf = ({ cluster }: HealthCheckInput): string => `${cluster.namespace}/${cluster.name}`;
