import { describe, expect, test } from 'vitest';
import { judgeNodes, mountChecks } from './node-health.ts';

const expected = [{ node: 'n1', mountPath: '/data', fsUuid: 'u1' }];
const since = '2026-01-01T00:00:00Z';
const line = { mountPath: '/data', fsUuid: 'u1' };

describe('a disk', () => {
  test.each([
    ['is mounted', { inPlace: ['u1'] }, [true]],
    ['is mounted on a node that is silent now', { answered: false, inPlace: ['u1'] }, [true]],
    ['is not mounted', { inPlace: [], astray: [line] }, [false]],
    ['has lost its line in fstab', { inPlace: ['other'] }, [false]],
    ['is of a node that has told nothing yet', {}, []],
  ])('that %s', (_, health, holds) => {
    const checks = mountChecks(expected, [{ node: 'n1', ...health }]);
    expect(checks.map((c) => c.holds)).toEqual(holds);
  });

  test('that is not where it belongs is told with what is there', () => {
    const astray = [{ ...line, found: 'u2' }];
    expect(mountChecks(expected, [{ node: 'n1', inPlace: [], astray }])[0]?.detail).toBe(
      'n1: /data should hold file system u1, found u2',
    );
  });
});

describe('whether the nodes answer', () => {
  const answers = { node: 'n1', answered: true, since };

  test.each([
    ['all do', [answers], true, 'AllNodesAnswer'],
    ['one is silent', [answers, { node: 'n2', answered: false, since }], false, 'NodeNotAnswering'],
    ['one cannot tell its disks', [{ ...answers, trouble: 'no lsblk' }], false, 'NodeInTrouble'],
    ['one was not asked yet', [answers, { node: 'n2' }], undefined, 'NotAskedYet'],
    [
      'one is silent, one not asked',
      [{ node: 'n2', answered: false }, { node: 'n3' }],
      false,
      'NodeNotAnswering',
    ],
  ])('is told when %s', (_, nodes, answering, reason) => {
    const verdict = judgeNodes(nodes);
    expect([verdict.answering, verdict.reason]).toEqual([answering, reason]);
  });

  test('keeps its message short on a bad day', () => {
    const all = Array.from({ length: 1_000 }, (_, i) => ({ node: `n${i}`, answered: false, since }));
    expect(judgeNodes(all).message).toMatch(/; and 980 more$/);
  });
});
