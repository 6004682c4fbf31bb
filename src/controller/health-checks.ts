import { resourceKey } from '../systems/operation.ts';
import type { HealthCheckInput } from '../workflows/messages.ts';
import { CLUSTERS_AT_ONCE, RETRY, START_AGAIN_EVERY_MS } from './intervals.ts';
import { KeyedQueue } from './queue.ts';

export interface HealthChecksOptions {
  /** Hands the manifest to the health check, which is started when there is none. */
  readonly hand: (input: HealthCheckInput) => Promise<void>;
  /** Starts the health check when there is none. */
  readonly start: (input: HealthCheckInput) => Promise<void>;
  /** Every node that a cluster uses. */
  readonly nodesOf: (input: HealthCheckInput) => readonly string[];
  readonly onDone: (cluster: string) => void;
  readonly onError: (cluster: string, err: unknown, retryInMs: number) => void;
}

interface Tracked {
  readonly input: HealthCheckInput;
  handed: boolean;
  startedAt: number;
}

/** Sees to it that every accepted cluster has a health check that knows its manifest. */
export class HealthChecks {
  readonly #options: HealthChecksOptions;
  readonly #tracked = new Map<string, Tracked>();
  readonly #queue: KeyedQueue;

  constructor(options: HealthChecksOptions) {
    this.#options = options;
    this.#queue = new KeyedQueue((key) => this.#see(key), {
      atOnce: CLUSTERS_AT_ONCE,
      retry: RETRY,
      onError: options.onError,
    });
  }

  /** From now on this manifest is what the cluster is judged by. */
  track(input: HealthCheckInput): void {
    const key = keyOf(input);
    this.#tracked.set(key, { input, handed: false, startedAt: performance.now() });
    this.#queue.add(key);
  }

  untrack(key: string): void {
    this.#tracked.delete(key);
  }

  tracks(key: string): boolean {
    return this.#tracked.has(key);
  }

  /** The watch of this node has just begun: the clusters on it have to listen to it again. */
  nodeWatchStarted(node: string): void {
    for (const [key, tracked] of this.#tracked) {
      if (!this.#options.nodesOf(tracked.input).includes(node)) continue;
      tracked.handed = false;
      this.#queue.add(key);
    }
  }

  /** Nobody has observed the cluster for a while: its health check may have been ended by hand, or lost. */
  unobserved(key: string): void {
    const tracked = this.#tracked.get(key);
    const now = performance.now();
    if (tracked === undefined || now - tracked.startedAt < START_AGAIN_EVERY_MS) return;
    tracked.startedAt = now;
    this.#queue.add(key);
  }

  stop(): void {
    this.#queue.stop();
  }

  async #see(key: string): Promise<void> {
    const tracked = this.#tracked.get(key);
    if (tracked === undefined) return;
    const { hand, start, onDone } = this.#options;
    if (tracked.handed) await start(tracked.input);
    else {
      tracked.handed = true;
      await hand(tracked.input).catch((err: unknown) => {
        tracked.handed = false;
        throw err;
      });
    }
    onDone(key);
  }
}

const keyOf = ({ resource }: HealthCheckInput): string => resourceKey(resource);
