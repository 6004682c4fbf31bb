import { afterEach, expect, test, vi } from 'vitest';
import { type LeadOptions, type Lease, whileLeading } from './leadership.ts';

const quick = (): LeadOptions => ({
  renewWithinMs: 200,
  retryMs: 5,
  onChange: () => undefined,
  onTrouble: () => undefined,
});

afterEach(() => void vi.useRealTimers());

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

test('a term ends while the answer to a renewal is waited for: another may take the lease by then', async () => {
  const stop = new AbortController();
  const hung = Promise.withResolvers<boolean>();
  let attempts = 0;
  const lease: Lease = {
    hold: () => (attempts++ === 0 ? Promise.resolve(true) : hung.promise),
    release: () => Promise.resolve(),
  };
  const terms: string[] = [];
  const lead = async (signal: AbortSignal): Promise<void> => {
    terms.push('begun');
    await ended(signal);
    terms.push('ended');
    // Only now is the renewal answered, which was asked for long before.
    stop.abort();
    hung.resolve(true);
  };
  await whileLeading(lease, lead, quick(), stop.signal);
  expect(terms).toEqual(['begun', 'ended']);
  expect(attempts).toBe(2);
});

test('a lease is relied on from when it was asked for, not from when the answer came', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const stop = new AbortController();
  let attempts = 0;
  const lease: Lease = {
    hold: async () => {
      if (attempts++ > 0) throw new Error('Kubernetes does not answer');
      await new Promise((resolve) => setTimeout(resolve, 150));
      return true;
    },
    release: () => Promise.resolve(),
  };
  const leads: boolean[] = [];
  const options = { ...quick(), onChange: (leading: boolean) => leads.push(leading) };
  const running = whileLeading(lease, ended, options, stop.signal);
  await vi.advanceTimersByTimeAsync(199);
  expect(leads).toEqual([true]);
  await vi.advanceTimersByTimeAsync(10);
  expect(leads).toEqual([true, false]);
  stop.abort();
  await running;
});

test('a lease that was lost ends the term at once, and is contended for again', async () => {
  const stop = new AbortController();
  const answers = [true, true, false, true];
  const lease: Lease = {
    hold: () => Promise.resolve(answers.shift() ?? true),
    release: () => Promise.resolve(),
  };
  let terms = 0;
  const lead = async (signal: AbortSignal): Promise<void> => {
    if (++terms === 2) stop.abort();
    await (signal.aborted ? undefined : ended(signal));
  };
  await whileLeading(lease, lead, { ...quick(), renewWithinMs: 60_000 }, stop.signal);
  expect(terms).toBe(2);
  expect(answers).toEqual([]);
});
