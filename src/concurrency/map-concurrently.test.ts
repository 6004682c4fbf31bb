import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { mapConcurrently, settleConcurrently } from './map-concurrently.ts';

/** Work that ends when the test says so. */
class Gates {
  readonly begun: string[] = [];
  readonly #gates = new Map<string, PromiseWithResolvers<string>>();

  readonly work = (item: string): Promise<string> => {
    this.begun.push(item);
    const gate = Promise.withResolvers<string>();
    this.#gates.set(item, gate);
    return gate.promise;
  };

  async open(item: string): Promise<void> {
    this.#gates.get(item)?.resolve(`${item} done`);
    await setImmediate();
  }

  async fail(item: string): Promise<void> {
    this.#gates.get(item)?.reject(new Error(`${item} failed`));
    await setImmediate();
  }
}

test('only so many are under way, and each end lets the next one begin', async () => {
  const gates = new Gates();
  const all = mapConcurrently(['a', 'b', 'c', 'd'], 2, gates.work);
  expect(gates.begun).toEqual(['a', 'b']);
  await gates.open('b');
  expect(gates.begun).toEqual(['a', 'b', 'c']);
  await gates.open('c');
  expect(gates.begun).toEqual(['a', 'b', 'c', 'd']);
  await gates.open('d');
  await gates.open('a');
  expect(await all).toEqual(['a done', 'b done', 'c done', 'd done']);
});

test.each([
  ['none', []],
  ['fewer than the limit', ['a']],
])('items: %s', async (_, items) => {
  expect(await mapConcurrently(items, 5, (item) => Promise.resolve(item))).toEqual(items);
});

test('after a failure nothing is begun, what runs is waited for, and the first in order is thrown', async () => {
  const gates = new Gates();
  const thrown: unknown[] = [];
  const all = mapConcurrently(['a', 'b', 'c', 'd'], 2, gates.work).catch((err: unknown) => thrown.push(err));
  await gates.fail('b');
  expect(thrown).toEqual([]);
  await gates.fail('a');
  await all;
  expect(thrown).toEqual([new Error('a failed')]);
  expect(gates.begun).toEqual(['a', 'b']);
});

test('settled: a failure keeps nobody from their turn', async () => {
  const outcomes = await settleConcurrently([1, 2, 3], 1, (n) =>
    n === 1 ? Promise.reject(new Error('one')) : Promise.resolve(n),
  );
  expect(outcomes).toEqual([
    { status: 'rejected', reason: new Error('one') },
    { status: 'fulfilled', value: 2 },
    { status: 'fulfilled', value: 3 },
  ]);
});
