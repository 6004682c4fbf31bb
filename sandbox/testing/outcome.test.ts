import { describe, expect, it } from 'vitest';
import {
  closingLine,
  demandPassed,
  goOutcome,
  isFailure,
  noTests,
  slowest,
  sum,
  vitestOutcome,
} from './outcome.ts';

const outcome = (passed: number, failed: number, skipped: number) => ({
  passed,
  skipped,
  failures: Array.from({ length: failed }, (_, i) => `test ${i}`),
  slow: [],
});

describe('what vitest reports', () => {
  const file = (status: string, ...tests: string[]) => ({
    name: '/checkout/disks.test.ts',
    status,
    message: status === 'failed' && tests.length === 0 ? 'no such module\n  at disks.ts' : '',
    assertionResults: tests.map((test) => ({
      status: test,
      fullName: `a disk ${test}`,
      failureMessages: test === 'failed' ? ['two runs of mkfs\n  at disks.test.ts'] : [],
    })),
  });
  const aTest = '/checkout/disks.test.ts > a disk failed: two runs of mkfs';
  const aFile = '/checkout/disks.test.ts: no such module';

  it.each([
    ['every test', [file('failed', 'passed', 'failed', 'pending', 'todo')], 1, [1, 2, [aTest]]],
    ['a file that does not load', [file('failed'), file('passed', 'passed')], 1, [1, 0, [aFile]]],
    ['an error outside', [file('passed', 'passed')], 1, [1, 0, ['vitest failed outside of every test']]],
    ['nothing, when no file was found', [], 1, [0, 0, []]],
  ])('is read: %s', (_, testResults, exitCode, [passed, skipped, failures]) => {
    expect(vitestOutcome({ testResults }, exitCode)).toEqual({ passed, skipped, failures, slow: [] });
  });

  it('is read: which tests took longer than 20 s', () => {
    const lasting = (fullName: string, duration?: number) => ({ status: 'passed', fullName, duration });
    const assertionResults = [lasting('waits', 20_001), lasting('computes', 20_000), lasting('is skipped')];
    const testResults = [{ name: 'disks.test.ts', status: 'passed', assertionResults }];
    expect(vitestOutcome({ testResults }, 0).slow).toEqual([{ test: 'disks.test.ts > waits', ms: 20_001 }]);
  });
});

describe('what go test reports', () => {
  const event = (Action: string, Package: string, Test?: string, Elapsed = 0.1) =>
    JSON.stringify({ Action, Package, Test, Elapsed });

  it('is read: a table of tests by its rows', () => {
    const lines = [
      event('run', 'crc', 'TestTable'),
      event('pass', 'crc', 'TestTable/empty'),
      event('fail', 'crc', 'TestTable/one_chunk'),
      event('fail', 'crc', 'TestTable'),
      event('skip', 'crc', 'TestBig'),
      event('fail', 'crc'),
    ];
    expect(goOutcome(lines, 1)).toEqual({
      ...{ passed: 1, skipped: 1, slow: [] },
      failures: ['crc TestTable/one_chunk'],
    });
  });

  it('is read: a package that does not compile', () => {
    const lines = ['# some/package', event('pass', 'a', 'TestA'), event('pass', 'a'), event('fail', 'b')];
    expect(goOutcome(lines, 1)).toEqual({ passed: 1, skipped: 0, failures: ['b'], slow: [] });
  });

  it('is read: a table that fails although its rows pass', () => {
    const lines = [
      event('pass', 'crc', 'TestTable/empty'),
      event('fail', 'crc', 'TestTable'),
      event('fail', 'crc'),
    ];
    expect(goOutcome(lines, 1)).toEqual({ passed: 1, skipped: 0, failures: ['crc'], slow: [] });
  });

  it('is read: which tests took longer than 20 s, tables by their rows', () => {
    const lines = [
      event('pass', 'mds', 'TestElection/three', 21.5),
      event('pass', 'mds', 'TestElection', 30),
      event('pass', 'mds', undefined, 31),
    ];
    expect(goOutcome(lines, 0).slow).toEqual([{ test: 'mds TestElection/three', ms: 21_500 }]);
  });

  it('is read: a run that ends badly after its tests', () => {
    const lines = [event('pass', 'a', 'TestA'), event('pass', 'a')];
    expect(goOutcome(lines, 2).failures).toEqual(['go test failed outside of every test']);
  });
});

describe('the end of a run', () => {
  it('is one line', () => {
    expect(closingLine(outcome(7, 0, 0))).toBe('7 passed, 0 failed');
    expect(closingLine(outcome(7, 1, 2))).toBe('7 passed, 1 failed, 2 skipped');
  });

  it('is a failure when a test failed and when none ran', () => {
    expect(isFailure(outcome(7, 0, 1))).toBe(false);
    expect(isFailure(outcome(7, 1, 0))).toBe(true);
    expect(isFailure(outcome(0, 0, 9))).toBe(true);
  });

  it('names the ten slowest tests of all parts, the slowest first', () => {
    const part = (times: readonly number[]) => ({
      ...noTests,
      slow: times.map((ms) => ({ test: `${ms}`, ms })),
    });
    const times = [31, 22, 45, 90, 23, 24, 25, 26, 27, 28, 29];
    const named = slowest(sum([part(times.slice(0, 4)), part(times.slice(4))])).map(({ ms }) => ms);
    expect(named).toEqual([90, 45, 31, 29, 28, 27, 26, 25, 24, 23]);
  });

  it('does not pass a part in which nothing passed', () => {
    expect(demandPassed(outcome(0, 0, 9)).failures).toEqual(['no test passed']);
    expect(demandPassed(outcome(0, 3, 0))).toEqual(outcome(0, 3, 0));
    expect(demandPassed(outcome(1, 0, 0))).toEqual(outcome(1, 0, 0));
  });
});
