import { ApplicationFailure } from '@temporalio/activity';
import { expect, test } from 'vitest';
import type { PoolFacts } from '../../../systems/curve/facts.ts';
import { requireAnswer } from './pools.ts';

const silence: PoolFacts = {
  answered: false,
  servers: [],
  logicalPools: [],
  chunkservers: [],
  copysetsHealthy: false,
  copysetsDetail: '',
};

test('an mds that changes its leader is asked again, and never taken for one without pools', () => {
  const failure = catchFailure(() => requireAnswer(silence));
  expect(failure).toMatchObject({ type: 'MdsNotAnswering', nonRetryable: false });
});

test('an answer is passed on, also when it is empty', () => {
  const empty = { ...silence, answered: true };
  expect(requireAnswer(empty)).toBe(empty);
});

function catchFailure(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if (error instanceof ApplicationFailure) return error;
    throw error;
  }
}
