import { expect, test } from 'vitest';
import { Backoff } from './backoff.ts';

const limits = { firstMs: 100, capMs: 500 };
const pauses = (backoff: Backoff, count: number) => Array.from({ length: count }, () => backoff.next());

test('each pause is twice as long as the one before, up to the cap, and stays there', () => {
  expect(pauses(new Backoff(limits), 5)).toEqual([100, 200, 400, 500, 500]);
});

test('after a success it begins with the first pause again', () => {
  const backoff = new Backoff(limits);
  pauses(backoff, 4);
  backoff.reset();
  expect(pauses(backoff, 2)).toEqual([100, 200]);
});

test.each([
  ['at most the full pause', 1, [100, 200, 400, 500]],
  ['at least half of it', 0, [50, 100, 200, 250]],
])('with dice: %s', (_, thrown, expected) => {
  expect(pauses(new Backoff(limits, () => thrown), 4)).toEqual(expected);
});
