import { ApplicationFailure } from '@temporalio/activity';
import { expect, test } from 'vitest';
import type { PoolFacts } from '../../../systems/curve/facts.ts';
import { ToolAnswerError } from '../../../systems/curve/tools/output.ts';
import { understood } from './ops-tool.ts';
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
  expect(failure).toMatchObject({
    type: 'MdsNotAnswering',
    nonRetryable: false,
    details: [{ next: 'if it lasts, look at the mds pods and their log' }],
  });
});

test('an answer that makes no sense is asked for again; a defect of ours is none', () => {
  const parse = (error: Error) => () =>
    understood(() => {
      throw error;
    });
  expect(catchFailure(parse(new ToolAnswerError('server-list names no serverID')))).toMatchObject({
    type: 'CurveToolAnswer',
    nonRetryable: false,
    message: 'server-list names no serverID',
  });
  expect(parse(new TypeError('a defect'))).toThrow(TypeError);
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
