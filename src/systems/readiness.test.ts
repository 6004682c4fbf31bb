import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeReady, type StepCheck } from './readiness.ts';

const observedAt = '2026-01-01T00:00:00Z';
const check = (reason: string, holds: boolean, detail = reason): StepCheck => ({ reason, holds, detail });
const judge = (...checks: readonly StepCheck[]) => judgeReady({ observedAt, checks }, 7);

describe('Ready', () => {
  test('is said when everything holds', () => {
    expect(judge(check('EtcdUnhealthy', true), check('DiskNotMounted', true))).toEqual({
      ready: true,
      reason: 'AllChecksHold',
      message: 'all 2 checks hold',
      observedAt,
      observedGeneration: 7,
    });
  });

  test('is not said when nothing was seen', () => {
    expect(judge()).toMatchObject({ ready: false, reason: 'NothingObserved' });
  });

  test('names the cause before its effects, and tells all', () => {
    const effects = [check('ChunkserverOffline', false, 'c'), check('CopysetsUnhealthy', false, 'd')];
    expect(
      judge(...effects, check('MdsUnhealthy', true), check('NodeNotReady', false, 'node2 is away')),
    ).toMatchObject({
      ready: false,
      reason: 'NodeNotReady',
      message: 'node2 is away; c; d',
    });
  });

  test('keeps its message short on a bad day', () => {
    const many = Array.from({ length: 1000 }, (_, i) =>
      check('ChunkserverOffline', false, `chunkserver ${i}`),
    );
    expect(judge(...many).message).toMatch(/chunkserver 19; and 980 more$/);
  });

  test('is never said while one check fails', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1 }), (holds) => {
        expect(judge(...holds.map((h, i) => check(`R${i}`, h))).ready).toBe(!holds.includes(false));
      }),
    );
  });
});
