import { expect, test, vi } from 'vitest';
import { type Asked, firstAnswer } from './hedged.ts';

const silent: Asked<string> = (signal) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
const failing =
  (message: string): Asked<string> =>
  () =>
    Promise.reject(new Error(message));
const answering =
  (text: string): Asked<string> =>
  () =>
    Promise.resolve(text);

test('one that answers is enough; the others are not asked', async () => {
  const other = vi.fn(answering('second'));
  expect(await firstAnswer([answering('first'), other], 1_000)).toBe('first');
  expect(other).not.toHaveBeenCalled();
});

test('one that fails gives way at once', async () => {
  const started = performance.now();
  expect(await firstAnswer([failing('gone'), answering('second')], 60_000)).toBe('second');
  expect(performance.now() - started).toBeLessThan(30_000);
});

test('one that keeps silent is left behind, and told so', async () => {
  const left = vi.fn();
  const first: Asked<string> = (signal) => {
    signal.addEventListener('abort', left);
    return silent(signal);
  };
  expect(await firstAnswer([first, answering('second')], 10)).toBe('second');
  expect(left).toHaveBeenCalledTimes(1);
});

test('a late answer of the first still counts while the second keeps silent', async () => {
  const late = Promise.withResolvers<string>();
  const second: Asked<string> = (signal) => {
    late.resolve('first, late');
    return silent(signal);
  };
  expect(await firstAnswer([() => late.promise, second], 10)).toBe('first, late');
});

test('when all have failed, the last error is told', async () => {
  await expect(firstAnswer([failing('one'), failing('two')], 1_000)).rejects.toThrow('two');
});
