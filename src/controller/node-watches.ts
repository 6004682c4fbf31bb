import { endNodeWatch, resumeNodeWatch, startNodeWatch } from '../requests/nodes.ts';
import type { Temporal } from '../requests/temporal.ts';
import { NODES_AT_ONCE, RETRY } from './intervals.ts';
import { KeyedQueue } from './queue.ts';

/** How the watches of nodes are started and ended; the real one is {@link temporalNodeWatches}. */
export interface NodeWatchCalls {
  /** True when nobody watched the node. */
  readonly start: (node: string) => Promise<boolean>;
  readonly resume: (node: string) => Promise<void>;
  readonly end: (node: string) => Promise<void>;
}

export const temporalNodeWatches = (temporal: Temporal): NodeWatchCalls => ({
  start: (node) => startNodeWatch(temporal, node),
  resume: (node) => resumeNodeWatch(temporal, node),
  end: (node) => endNodeWatch(temporal, node),
});

export interface NodeWatchesOptions {
  readonly calls: NodeWatchCalls;
  /** A watch has begun that knows none of those who want to hear of the node. */
  readonly started: (node: string) => void;
  readonly onError: (node: string, err: unknown, retryInMs: number) => void;
}

/** Keeps every node of Kubernetes watched, and no other. */
export class NodeWatches {
  readonly #options: NodeWatchesOptions;
  readonly #present = new Set<string>();
  /** Has left since we know it: its watch may just be ending. */
  readonly #left = new Set<string>();
  readonly #queue: KeyedQueue;

  constructor(options: NodeWatchesOptions) {
    this.#options = options;
    this.#queue = new KeyedQueue((node) => this.#see(node), {
      atOnce: NODES_AT_ONCE,
      retry: RETRY,
      onError: options.onError,
    });
  }

  came(node: string): void {
    this.#present.add(node);
    this.#queue.add(node);
  }

  left(node: string): void {
    this.#present.delete(node);
    this.#left.add(node);
    this.#queue.add(node);
  }

  /** A watch that a person ended, or that Temporal lost, is started again. */
  seeToAll(): void {
    for (const node of this.#present) this.#queue.add(node);
  }

  stop(): void {
    this.#queue.stop();
  }

  async #see(node: string): Promise<void> {
    const { calls, started } = this.#options;
    if (!this.#present.has(node)) return calls.end(node);
    if (this.#left.has(node)) {
      await calls.resume(node);
      this.#left.delete(node);
      started(node);
    } else if (await calls.start(node)) started(node);
  }
}
