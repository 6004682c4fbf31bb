import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Remembered } from './remembered.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const LIMITS = { maxAgeMs: 20_000, gapMs: 5_000 };

test('an answer is used until it is old, and sooner asked for again after a change, but never at once', async () => {
  const remembered = new Remembered<number>();
  let asked = 0;
  const get = (): Promise<number> => remembered.get(async () => ++asked, LIMITS);
  expect(await get()).toBe(1);
  vi.advanceTimersByTime(19_999);
  expect(await get()).toBe(1);
  vi.advanceTimersByTime(1);
  expect(await get()).toBe(2);
  remembered.changed();
  expect(await get()).toBe(2);
  vi.advanceTimersByTime(5_000);
  expect(await get()).toBe(3);
});

test('a question that fails is not remembered', async () => {
  const remembered = new Remembered<string>();
  await expect(remembered.get(() => Promise.reject(new Error('away')), LIMITS)).rejects.toThrow('away');
  expect(await remembered.get(async () => 'back', LIMITS)).toBe('back');
});
