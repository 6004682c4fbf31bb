import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { cache, cacheDir } from './settings.ts';
import type { Span } from './testing/time-spent.ts';
import { usualSeconds } from './usual-times.ts';

/** A step that ends sooner needs no announcement; a longer one says what it does and how long it usually takes. */
const quietMs = 2000;
/** Without a terminal: how often a step that goes on says so. */
const remindMs = 20_000;

export type StepKind = 'making' | 'daemons';
type StepWork<T> = (detail: (text: string) => void) => Promise<T>;

export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/**
 * What a person sees while the sandbox works. Steps may run beside each other and inside each other. On a terminal
 * the running ones stand in one live block at the bottom; elsewhere each gets plain lines. Measured times are kept in
 * the cache, so that the next run can say how long a step usually takes.
 */
export class Progress {
  /** What the finished steps spent time on. */
  readonly spans: Span<StepKind>[] = [];
  private readonly usual: Map<string, number>;
  private readonly running = new Map<
    symbol,
    { name: string; started: number; detail: string; announced: boolean }
  >();
  private readonly live = process.stderr.isTTY;
  private readonly started = Date.now();
  private ticker: NodeJS.Timeout | undefined;
  private drawn = 0;
  private stopped = false;

  private constructor(usual: Map<string, number>) {
    this.usual = usual;
  }

  static async open(): Promise<Progress> {
    const text = await readFile(cache.timings, 'utf8').catch(() => '{}');
    let entries: Record<string, number> = {};
    try {
      entries = JSON.parse(text) as Record<string, number>;
    } catch {
      // A half-written file only costs the estimates.
    }
    return new Progress(new Map(Object.entries(entries)));
  }

  /** One line that stays. */
  say(line: string): void {
    if (this.stopped) return;
    this.erase();
    process.stderr.write(`${line}\n`);
    this.draw();
  }

  /** A step that makes something. */
  step<T>(name: string, work: StepWork<T>): Promise<T> {
    return this.run(name, 'making', work);
  }

  /** A step that mostly waits until daemons answer. */
  waiting<T>(name: string, work: StepWork<T>): Promise<T> {
    return this.run(name, 'daemons', work);
  }

  private async run<T>(name: string, kind: StepKind, work: StepWork<T>): Promise<T> {
    const key = Symbol(name);
    const entry = { name, started: Date.now(), detail: '', announced: false };
    this.running.set(key, entry);
    this.startTicker();
    const timers = this.live
      ? []
      : [setTimeout(() => this.announce(entry), quietMs), setInterval(() => this.remind(entry), remindMs)];
    try {
      const result = await work((text) => (entry.detail = text));
      const took = Date.now() - entry.started;
      this.spans.push({ kind, from: entry.started, to: entry.started + took });
      this.finish(key, timers, took >= 500 ? `  ✓ ${name} ${formatDuration(took)}` : `  ✓ ${name}`);
      if (took >= 500) this.usual.set(name, took);
      return result;
    } catch (error) {
      this.finish(key, timers, `  ✗ ${name} after ${formatDuration(Date.now() - entry.started)}`);
      throw error;
    }
  }

  /** Nothing more is shown. */
  stop(): void {
    this.erase();
    clearInterval(this.ticker);
    this.stopped = true;
  }

  /** Milliseconds since the beginning. */
  elapsed(): number {
    return Date.now() - this.started;
  }

  /** Writes down what was measured, if there is a cache: a purged one does not come back for that. */
  async close(): Promise<void> {
    clearInterval(this.ticker);
    this.erase();
    if (this.spans.length === 0 || !existsSync(cacheDir)) return;
    const own = `${cache.timings}.${process.pid}`;
    await writeFile(own, JSON.stringify(Object.fromEntries(this.usual), null, 1));
    await rename(own, cache.timings);
  }

  private finish(key: symbol, timers: NodeJS.Timeout[], line: string): void {
    for (const timer of timers) clearInterval(timer);
    this.running.delete(key);
    if (this.running.size === 0) {
      clearInterval(this.ticker);
      this.ticker = undefined;
    }
    this.say(line);
  }

  private usually(name: string): string {
    const measured = this.usual.get(name);
    const seconds = usualSeconds[name];
    if (measured !== undefined) return ` (usually ${formatDuration(measured)})`;
    return seconds === undefined ? '' : ` (usually about ${formatDuration(seconds * 1000)})`;
  }

  private announce(entry: { name: string; announced: boolean }): void {
    entry.announced = true;
    this.say(`  … ${entry.name}${this.usually(entry.name)}`);
  }

  private remind(entry: { name: string; started: number; detail: string }): void {
    const detail = entry.detail === '' ? '' : `: ${entry.detail}`;
    this.say(
      `  … ${entry.name}, ${formatDuration(Date.now() - entry.started)} so far${this.usually(entry.name)}${detail}`,
    );
  }

  private startTicker(): void {
    if (!this.live || this.ticker !== undefined) return;
    this.ticker = setInterval(() => {
      this.erase();
      this.draw();
    }, 200);
    this.ticker.unref();
  }

  private draw(): void {
    if (!this.live) return;
    const width = (process.stderr.columns || 80) - 1;
    const lines = [...this.running.values()].map((entry) => {
      const detail = entry.detail === '' ? '' : `  ${entry.detail}`;
      const line = `  ⠿ ${entry.name} ${formatDuration(Date.now() - entry.started)}${this.usually(entry.name)}${detail}`;
      return line.slice(0, width);
    });
    for (const line of lines) process.stderr.write(`${line}\n`);
    this.drawn = lines.length;
  }

  private erase(): void {
    if (this.drawn === 0) return;
    process.stderr.write(`\u001b[${this.drawn}A\u001b[J`);
    this.drawn = 0;
  }
}
