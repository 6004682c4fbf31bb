import { expect, test, vi } from 'vitest';
import { STABLE_HEAP_BYTES, heapBytes } from '../../../test/support/heap.ts';
import { SHARED_ANSWER_MAX_AGE_MS } from './intervals.ts';
import { SingleFlight } from './single-flight.ts';

const never = new AbortController().signal;

test('a thousand who ask at the same time cost one question', async () => {
  const shared = new SingleFlight<number>();
  const ask = vi.fn(() => Promise.resolve(7));
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => shared.get('a', ask, never)));
  expect(new Set(answers)).toEqual(new Set([7]));
  expect(ask).toHaveBeenCalledTimes(1);
});

test('an answer older than the limit is asked for again', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const shared = new SingleFlight<number>();
    const ask = vi.fn(() => Promise.resolve(7));
    await shared.get('a', ask, never);
    vi.advanceTimersByTime(SHARED_ANSWER_MAX_AGE_MS);
    await shared.get('a', ask, never);
    expect(ask).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    await shared.get('a', ask, never);
    expect(ask).toHaveBeenCalledTimes(2);
  } finally {
    vi.useRealTimers();
  }
});

test('100,000 things that were asked about once leave no answer behind', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const shared = new SingleFlight<string>();
    const askAbout = async (things: number): Promise<number> => {
      for (let i = 0; i < things; i++) {
        vi.advanceTimersByTime(SHARED_ANSWER_MAX_AGE_MS);
        await shared.get(`${performance.now()}`, () => Promise.resolve('as it was'), never);
      }
      return heapBytes();
    };
    const before = await askAbout(1_000);
    const after = await askAbout(100_000);
    expect(after - before).toBeLessThan(STABLE_HEAP_BYTES);
  } finally {
    vi.useRealTimers();
  }
});

test('a failed question fails all who joined it and is not kept', async () => {
  const shared = new SingleFlight<number>();
  const failing = () => Promise.reject(new Error('no pod'));
  const both = await Promise.allSettled([shared.get('a', failing, never), shared.get('a', failing, never)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await shared.get('a', () => Promise.resolve(1), never)).toBe(1);
});

test('one who leaves does not end the question for the others', async () => {
  const shared = new SingleFlight<number>();
  const answer = Promise.withResolvers<number>();
  const stop = new AbortController();
  const leaver = shared.get('a', () => answer.promise, stop.signal);
  const stayer = shared.get('a', () => answer.promise, never);
  stop.abort(new Error('cancelled'));
  await expect(leaver).rejects.toThrow('cancelled');
  answer.resolve(3);
  expect(await stayer).toBe(3);
});
