import { z } from 'zod';

/** How the tests of one part ended. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const noTests: Counts = { passed: 0, failed: 0, skipped: 0 };

export function sum(counts: readonly Counts[]): Counts {
  return counts.reduce(
    (all, one) => ({
      passed: all.passed + one.passed,
      failed: all.failed + one.failed,
      skipped: all.skipped + one.skipped,
    }),
    noTests,
  );
}

/** The last line of `npm test`, for people and for programs. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

/** Nothing was tried or something failed: no reason to be confident. */
export function isFailure({ passed, failed }: Counts): boolean {
  return failed > 0 || passed === 0;
}

/** A part in which nothing passed proves nothing, whatever its runner thinks of that. */
export function demandPassed(counts: Counts): Counts {
  return isFailure(counts) && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

const vitestReport = z.object({
  testResults: z.array(
    z.object({
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string() })),
    }),
  ),
});

/**
 * Counts what vitest's JSON reporter wrote. A file that failed without a failed test in it (it does not load, a hook
 * failed) counts as one failure, and so does a run that says it failed for a reason of its own.
 */
export function countVitest(report: unknown, exitCode: number): Counts {
  const files = vitestReport.parse(report).testResults.map(({ status, assertionResults }) => {
    const of = (wanted: string) => assertionResults.filter((result) => result.status === wanted).length;
    const [passed, failed] = [of('passed'), of('failed')];
    const skipped = assertionResults.length - passed - failed;
    return { passed, failed: status === 'failed' && failed === 0 ? 1 : failed, skipped };
  });
  const counts = sum(files);
  const asksForTests = counts.passed + counts.skipped > 0;
  return exitCode !== 0 && counts.failed === 0 && asksForTests ? { ...counts, failed: 1 } : counts;
}

const goEvent = z.object({
  Action: z.string(),
  Package: z.string().optional(),
  Test: z.string().optional(),
});

/**
 * Counts the events of `go test -json`: the tests that have no tests inside them, and one failure for each package
 * that failed without a failed test (it does not compile, it ended half way).
 */
export function countGo(lines: readonly string[]): Counts {
  const outcomes = new Map<string, string>();
  const packages = new Map<string, string>();
  for (const line of lines) {
    if (!line.startsWith('{')) continue;
    const { Action: action, Package: name = '', Test: test } = goEvent.parse(JSON.parse(line));
    if (!['pass', 'fail', 'skip'].includes(action)) continue;
    if (test === undefined) packages.set(name, action);
    else outcomes.set(`${name} ${test}`, action);
  }
  const tests = [...outcomes.keys()];
  const parents = new Set(
    tests.flatMap((test) => (test.includes('/') ? [test.slice(0, test.lastIndexOf('/'))] : [])),
  );
  const of = (wanted: string) =>
    tests.filter((test) => !parents.has(test) && outcomes.get(test) === wanted).length;
  const brokenPackages = [...packages].filter(
    ([name, action]) =>
      action === 'fail' &&
      !tests.some((test) => test.startsWith(`${name} `) && outcomes.get(test) === 'fail'),
  );
  return { passed: of('pass'), failed: of('fail') + brokenPackages.length, skipped: of('skip') };
}
