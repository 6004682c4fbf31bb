import { expect, test } from 'vitest';
import { refFromKey, resourceKey } from './operation.ts';

test('a key says system, kind, namespace and name, and leads back to them', () => {
  const ref = { system: 'curve', kind: 'cluster', namespace: 'storage', name: 'my' };
  expect(resourceKey(ref)).toBe('curve/cluster/storage/my');
  expect(refFromKey(resourceKey(ref))).toEqual(ref);
});
