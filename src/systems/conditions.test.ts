import { describe, expect, test } from 'vitest';
import { isHeld, nextCondition } from './conditions.ts';

const NOW = new Date('2026-11-22T12:00:00.123Z');
const next = {
  type: 'Ready',
  status: 'False',
  reason: 'MdsUnhealthy',
  message: 'no leader',
  observedGeneration: 2,
} as const;
const held = { ...next, lastTransitionTime: '2026-11-22T11:00:00Z' };

describe('lastTransitionTime', () => {
  test.for([
    ['is now, without fractions, where there is no condition', [], '2026-11-22T12:00:00Z'],
    [
      'stays while the status does, whatever else changes',
      [{ ...held, reason: 'Other' }],
      '2026-11-22T11:00:00Z',
    ],
    ['moves with the status', [{ ...held, status: 'True' as const }], '2026-11-22T12:00:00Z'],
    ['is not taken from another condition', [{ ...held, type: 'Accepted' }], '2026-11-22T12:00:00Z'],
    ['is now where somebody wrote the condition without it', [{ ...next }], '2026-11-22T12:00:00Z'],
  ] as const)('%s', ([, before, expected]) =>
    expect(nextCondition(before, next, NOW).lastTransitionTime).toBe(expected),
  );
});

test('a message that the API server would refuse is cut', () => {
  expect(nextCondition([], { ...next, message: 'x'.repeat(40_000) }, NOW).message).toHaveLength(32_000);
});

describe('a condition is held', () => {
  const condition = nextCondition([held], next, NOW);
  test('when the resource says the same', () => expect(isHeld([held], condition)).toBe(true));
  test.for([
    ['status', { status: 'True' as const }],
    ['reason', { reason: 'Other' }],
    ['message', { message: 'another' }],
    ['observedGeneration', { observedGeneration: 1 }],
    ['type', { type: 'Accepted' }],
  ] as const)('not with another %s', ([, change]) =>
    expect(isHeld([{ ...held, ...change }], condition)).toBe(false),
  );
});
