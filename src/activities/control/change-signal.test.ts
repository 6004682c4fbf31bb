import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ChangeSignal } from './change-signal.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new AbortController().signal;

test('a change ends the pause at once', async () => {
  const changes = new ChangeSignal();
  const waiting = changes.changedWithin(1_000, never);
  changes.notify();
  expect(await waiting).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test('a change that comes before somebody waits is not lost', async () => {
  const changes = new ChangeSignal();
  changes.notify();
  expect(await changes.changedWithin(1_000, never)).toBe(true);
});

test('a change from before the look wakes nobody', async () => {
  const changes = new ChangeSignal();
  changes.notify();
  changes.clear();
  const waiting = changes.changedWithin(1_000, never);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await waiting).toBe(false);
});

test('cancellation ends the pause with its own reason, before it and within it', async () => {
  const cancelled = new AbortController();
  const waiting = new ChangeSignal().changedWithin(1_000, cancelled.signal);
  cancelled.abort(new Error('cancelled'));
  await expect(waiting).rejects.toThrow('cancelled');
  await expect(new ChangeSignal().changedWithin(1_000, cancelled.signal)).rejects.toThrow('cancelled');
  expect(vi.getTimerCount()).toBe(0);
});
