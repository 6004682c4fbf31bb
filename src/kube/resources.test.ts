import { expect, test } from 'vitest';
import { objectKey } from './resources.ts';

test.each([
  ['in a namespace', { namespace: 'storage', name: 'my' }, 'storage/my'],
  ['of a cluster-wide kind', { name: 'node-1' }, '/node-1'],
])('the key of an object %s', (_, at, key) => {
  expect(objectKey(at)).toBe(key);
});
