import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KeyedQueue } from './queue.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Gate {
  readonly key: string;
  readonly open: () => void;
  readonly fail: (why: string) => void;
}

function gated(atOnce = 2) {
  const gates: Gate[] = [];
  const errors: [string, number][] = [];
  const queue = new KeyedQueue(
    (key) =>
      new Promise((resolve, reject) =>
        gates.push({ key, open: resolve, fail: (why) => reject(new Error(why)) }),
      ),
    { atOnce, retry: { firstMs: 100, capMs: 400 }, onError: (key, _err, pause) => errors.push([key, pause]) },
  );
  const settle = () => vi.advanceTimersByTimeAsync(0);
  return { queue, gates, errors, settle, keys: () => gates.map((g) => g.key) };
}

test('a key is never worked on twice at the same time, and comes again when it was added meanwhile', async () => {
  const { queue, gates, settle, keys } = gated();
  queue.add('a');
  queue.add('a');
  queue.add('a');
  expect(keys()).toEqual(['a']);
  gates[0]?.open();
  await settle();
  expect(keys()).toEqual(['a', 'a']);
  gates[1]?.open();
  await settle();
  expect(keys()).toEqual(['a', 'a']);
  expect(queue.depth).toBe(0);
});

test('different keys go beside each other, up to the limit', async () => {
  const { queue, gates, settle, keys } = gated(2);
  for (const key of ['a', 'b', 'c']) queue.add(key);
  expect(keys()).toEqual(['a', 'b']);
  gates[1]?.open();
  await settle();
  expect(keys()).toEqual(['a', 'b', 'c']);
});

test('a failed key comes back after a pause that doubles up to the cap, and starts over after success', async () => {
  const { queue, gates, errors, settle } = gated();
  queue.add('a');
  for (const pause of [100, 200, 400, 400]) {
    gates.at(-1)?.fail('no');
    await settle();
    expect(errors.at(-1)).toEqual(['a', pause]);
    await vi.advanceTimersByTimeAsync(pause);
  }
  gates.at(-1)?.open();
  await settle();
  queue.add('a');
  gates.at(-1)?.fail('no');
  await settle();
  expect(errors.at(-1)).toEqual(['a', 100]);
});

test('news about a key that waits after a failure is looked at at once', async () => {
  const { queue, gates, settle, keys } = gated();
  queue.add('a');
  gates[0]?.fail('no');
  await settle();
  queue.add('a');
  expect(keys()).toEqual(['a', 'a']);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(keys()).toEqual(['a', 'a']);
});

test('a stopped queue takes nothing up, also not what waited', async () => {
  const { queue, gates, settle, keys } = gated(1);
  queue.add('a');
  queue.add('b');
  queue.stop();
  gates[0]?.fail('no');
  await settle();
  await vi.advanceTimersByTimeAsync(1_000);
  queue.add('c');
  expect(keys()).toEqual(['a']);
});
