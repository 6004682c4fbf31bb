import { expect, test } from 'vitest';
import { isDue } from './watch-node.ts';

const marks = { shape: 'two disks', written: '0' };
const added = { ...marks, shape: 'three disks' };
const written = { ...marks, written: '8' };

test.each([
  ['the first look comes at once', undefined, marks, 0, true],
  ['nothing changed', marks, marks, 3_600_000, false],
  ['a disk came: at once', marks, added, 1, true],
  ['a disk was written to: after a rest', marks, written, 14_999, false],
  ['a disk was written to: after a rest', marks, written, 15_000, true],
  ['what cannot be read is asked about after a rest', marks, undefined, 14_999, false],
  ['what cannot be read is asked about after a rest', marks, undefined, 15_000, true],
])('a look at the disks, %s', (_, before, now, ms, due) => {
  expect(isDue(before && { marks: before, at: 0 }, now, ms)).toBe(due);
});
