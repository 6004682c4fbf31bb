import { expect, test } from 'vitest';
import { requireRoot } from './support/root.ts';

test('a test that needs root says so, and what for', () => {
  expect(() => requireRoot('loop devices', 1000)).toThrow('needs root: it makes loop devices');
  expect(() => requireRoot('loop devices', 0)).not.toThrow();
});
