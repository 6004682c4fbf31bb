import { describe, expect, it } from 'vitest';
import { closingLine, countGo, countVitest, demandPassed, isFailure } from './test-counts.ts';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((test) => ({ status: test })),
});

describe('what vitest reports', () => {
  it.each([
    ['every test by its outcome', [file('failed', 'passed', 'failed', 'pending', 'todo')], 1, [1, 1, 2]],
    ['a file that does not load as one failure', [file('failed'), file('passed', 'passed')], 1, [1, 1, 0]],
    ['an error outside of every test as one failure', [file('passed', 'passed')], 1, [1, 1, 0]],
    ['nothing, when no file was found', [], 1, [0, 0, 0]],
  ])('counts %s', (_, testResults, exitCode, [passed, failed, skipped]) => {
    expect(countVitest({ testResults }, exitCode)).toEqual({ passed, failed, skipped });
  });
});

describe('what go test reports', () => {
  const event = (Action: string, Package: string, Test?: string) => JSON.stringify({ Action, Package, Test });

  it('counts a table of tests by its rows', () => {
    const lines = [
      event('run', 'crc', 'TestTable'),
      event('pass', 'crc', 'TestTable/empty'),
      event('fail', 'crc', 'TestTable/one_chunk'),
      event('fail', 'crc', 'TestTable'),
      event('skip', 'crc', 'TestBig'),
      event('fail', 'crc'),
    ];
    expect(countGo(lines)).toEqual({ passed: 1, failed: 1, skipped: 1 });
  });

  it('counts a package that does not compile as one failure', () => {
    expect(
      countGo(['# some/package', event('pass', 'a', 'TestA'), event('pass', 'a'), event('fail', 'b')]),
    ).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    });
  });
});

describe('the end of a run', () => {
  it('is one line', () => {
    expect(closingLine({ passed: 7, failed: 0, skipped: 0 })).toBe('7 passed, 0 failed');
    expect(closingLine({ passed: 7, failed: 1, skipped: 2 })).toBe('7 passed, 1 failed, 2 skipped');
  });

  it('is a failure when a test failed and when none ran', () => {
    expect(isFailure({ passed: 7, failed: 0, skipped: 1 })).toBe(false);
    expect(isFailure({ passed: 7, failed: 1, skipped: 0 })).toBe(true);
    expect(isFailure({ passed: 0, failed: 0, skipped: 9 })).toBe(true);
  });

  it('does not pass a part in which nothing passed', () => {
    expect(demandPassed({ passed: 0, failed: 0, skipped: 9 })).toEqual({ passed: 0, failed: 1, skipped: 9 });
    expect(demandPassed({ passed: 0, failed: 3, skipped: 0 })).toEqual({ passed: 0, failed: 3, skipped: 0 });
    expect(demandPassed({ passed: 1, failed: 0, skipped: 0 })).toEqual({ passed: 1, failed: 0, skipped: 0 });
  });
});
