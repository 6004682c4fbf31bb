import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('never more than so many at a time on one thing, and everybody gets through in order', async () => {
  const turns = new Turns(3);
  const done: number[] = [];
  let [now, most] = [0, 0];
  const work = async (i: number): Promise<void> => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    now -= 1;
    done.push(i);
  };
  await Promise.all(Array.from({ length: 20 }, (_, i) => turns.take('pod', () => work(i))));
  expect(most).toBe(3);
  expect(done).toEqual(Array.from({ length: 20 }, (_, i) => i));
});

test('things do not wait for each other', async () => {
  const turns = new Turns(1);
  const held = Promise.withResolvers<string>();
  const first = turns.take('lost pod', () => held.promise);
  expect(await turns.take('other pod', () => Promise.resolve('answered'))).toBe('answered');
  held.resolve('late');
  expect(await first).toBe('late');
});

test('a failure gives the turn back', async () => {
  const turns = new Turns(1);
  await expect(turns.take('pod', () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  expect(await turns.take('pod', () => Promise.resolve('next'))).toBe('next');
});
