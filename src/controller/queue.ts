import { Backoff, type BackoffLimits } from '../concurrency/backoff.ts';

export interface QueueOptions {
  /** Keys worked on at a time. */
  readonly atOnce: number;
  readonly retry: BackoffLimits;
  readonly onError: (key: string, err: unknown, retryInMs: number) => void;
}

interface Entry {
  running: boolean;
  /** Added again while it was running: what was done may be out of date. */
  again: boolean;
  readonly backoff: Backoff;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Work by key: one at a time for each key, many keys beside each other, a key that is added while it waits counts once,
 * and one that failed comes back after a pause that grows up to a cap. The work reads the newest state itself, so an
 * added key says only that there is something to look at.
 */
export class KeyedQueue {
  readonly #work: (key: string) => Promise<void>;
  readonly #options: QueueOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #waiting = new Set<string>();
  #running = 0;
  #stopped = false;

  constructor(work: (key: string) => Promise<void>, options: QueueOptions) {
    this.#work = work;
    this.#options = options;
  }

  /** Keys that wait or are worked on. */
  get depth(): number {
    return this.#entries.size;
  }

  add(key: string): void {
    if (this.#stopped) return;
    const entry = this.#entries.get(key) ?? this.#fresh();
    this.#entries.set(key, entry);
    if (entry.running) {
      entry.again = true;
      return;
    }
    clearTimeout(entry.timer);
    entry.timer = undefined;
    this.#waiting.add(key);
    this.#pump();
  }

  /** Takes nothing more up; what runs is left to end by itself. */
  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
    for (const entry of this.#entries.values()) clearTimeout(entry.timer);
  }

  #fresh(): Entry {
    return { running: false, again: false, backoff: new Backoff(this.#options.retry), timer: undefined };
  }

  #pump(): void {
    for (const key of this.#waiting) {
      if (this.#stopped || this.#running >= this.#options.atOnce) return;
      this.#waiting.delete(key);
      void this.#run(key);
    }
  }

  async #run(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.running = true;
    this.#running++;
    try {
      await this.#work(key);
      entry.backoff.reset();
      if (!entry.again) this.#entries.delete(key);
    } catch (err) {
      this.#retry(key, entry, err);
    } finally {
      entry.running = false;
      this.#running--;
      if (entry.again) {
        entry.again = false;
        this.add(key);
      }
      this.#pump();
    }
  }

  #retry(key: string, entry: Entry, err: unknown): void {
    const pause = entry.backoff.next();
    this.#options.onError(key, err, pause);
    if (!this.#stopped && !entry.again) entry.timer = setTimeout(() => this.add(key), pause);
  }
}
