import { expect, test } from 'vitest';
import { KeyedSemaphore } from './keyed-semaphore.ts';

test('never more than so many at a time on one thing, and everybody gets through in order', async () => {
  const turns = new KeyedSemaphore(3);
  const done: number[] = [];
  let [now, most] = [0, 0];
  const work = async (i: number): Promise<void> => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    now -= 1;
    done.push(i);
  };
  await Promise.all(Array.from({ length: 20 }, (_, i) => turns.run('pod', () => work(i))));
  expect(most).toBe(3);
  expect(done).toEqual(Array.from({ length: 20 }, (_, i) => i));
});

test('things do not wait for each other', async () => {
  const turns = new KeyedSemaphore(1);
  const held = Promise.withResolvers<string>();
  const first = turns.run('lost pod', () => held.promise);
  expect(await turns.run('other pod', () => Promise.resolve('answered'))).toBe('answered');
  held.resolve('late');
  expect(await first).toBe('late');
});

test('a failure gives the turn back', async () => {
  const turns = new KeyedSemaphore(1);
  await expect(turns.run('pod', () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  expect(await turns.run('pod', () => Promise.resolve('next'))).toBe('next');
});
