import { expect, test } from 'vitest';
import { table } from './table.ts';

const why =
  'holds a file system (ext4) with UUID 0a1b2c3d, and is open for writing in process 4711 (curvebs-chunkserver)';

test('a row that is longer than 120 columns goes on below its last column', () => {
  const rows = [
    ['node1', '/dev/disk/by-id/virtio-0123456789', why],
    ['node2', '/dev/vdc', 'empty'],
  ];
  const [head, long = '', short] = table(['NODE', 'DISK', 'WHY'], rows);
  const [first = '', second = ''] = long.split('\n');
  expect(first.length).toBeLessThanOrEqual(120);
  expect(second).toMatch(/^ {44}\S/);
  expect(long.replace(/\s+/g, ' ')).toBe(`node1 /dev/disk/by-id/virtio-0123456789 ${why}`);
  expect(head).toMatch(/^NODE {4}DISK {32}WHY$/);
  expect(short).toMatch(/^node2 .* empty$/);
});

test('a last column without room goes below the row', () => {
  const [, row = ''] = table(['NODE', 'DISK', 'WHY'], [['n'.repeat(40), '/dev/'.padEnd(70, 'x'), why]]);
  const lines = row.split('\n');
  expect(lines.every((line) => line.length <= 120)).toBe(true);
  expect(lines[1]).toMatch(/^ {4}holds/);
});

test('a table that was asked for as wide is not wrapped', () => {
  expect(table(['NODE', 'WHY'], [['node1', why.repeat(3)]], Infinity)[1]).toBe(`node1   ${why.repeat(3)}`);
});
