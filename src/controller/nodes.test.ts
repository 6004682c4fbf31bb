import { expect, test } from 'vitest';
import { namesAfter } from './nodes.ts';

const node = (name: string) => ({ metadata: { name } });
const known = new Set(['a', 'b']);

test.each([
  ['one that comes', { type: 'set', object: node('c') }, ['a', 'b', 'c']],
  ['one that says again that it is there', { type: 'set', object: node('a') }, ['a', 'b']],
  ['one that leaves', { type: 'deleted', object: node('a') }, ['b']],
  [
    'what came and went while nobody watched',
    { type: 'listed', objects: [node('b'), node('c')] },
    ['b', 'c'],
  ],
] as const)('the nodes are known after %s', (_, change, names) => {
  expect([...namesAfter(known, change)]).toEqual(names);
});
