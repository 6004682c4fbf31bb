import { expect, it } from 'vitest';
import { checkout } from '../settings.ts';
import { noTests } from './outcome.ts';
import { reportLines } from './report.ts';

const took = { settingUp: 15_000, all: 700_000 };
const unit = { what: 'unit', ms: 80_000, outcome: { ...noTests, passed: 7 } };

it('several parts end with a table of their times, and the closing line of all', () => {
  const failed = { ...noTests, passed: 2, failures: ['power-cut.test.ts: two runs of mkfs'] };
  expect(reportLines([unit, { what: 'faults', ms: 605_000, outcome: failed }], took)).toEqual([
    '✗ faults: power-cut.test.ts: two runs of mkfs',
    'setting up           15 s',
    'unit           1 min 20 s  7 passed, 0 failed',
    'faults         10 min 5 s  2 passed, 1 failed',
    'all           11 min 40 s',
    '9 passed, 1 failed',
  ]);
});

it('slow tests are named by their place in the checkout, before what failed', () => {
  const slow = [{ test: `${checkout}/test/e2e/power-cut.test.ts > the power`, ms: 125_000 }];
  expect(reportLines([{ ...unit, outcome: { ...noTests, passed: 1, slow } }], took)).toEqual([
    'The slowest tests of more than 20 s:',
    '   2 min 5 s  test/e2e/power-cut.test.ts > the power',
    '',
    '1 passed, 0 failed',
  ]);
});
