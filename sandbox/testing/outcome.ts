import { z } from 'zod';

/** How the tests of one part ended. */
export interface Outcome {
  readonly passed: number;
  readonly skipped: number;
  /** What failed, a line each: where, and what it said first where the runner tells. */
  readonly failures: readonly string[];
  /** The tests that took long, in no order. */
  readonly slow: readonly SlowTest[];
}

export interface SlowTest {
  readonly test: string;
  readonly ms: number;
}

export const noTests: Outcome = { passed: 0, skipped: 0, failures: [], slow: [] };

/** A test that takes longer is named at the end of a run. */
const SLOW_MS = 20_000;
const NAMED_AT_MOST = 10;

const slowOf = (test: string, ms: number | null | undefined): SlowTest[] =>
  ms !== null && ms !== undefined && ms > SLOW_MS ? [{ test, ms }] : [];

/** The slowest first. */
export function slowest({ slow }: Outcome): SlowTest[] {
  return slow.toSorted((a, b) => b.ms - a.ms).slice(0, NAMED_AT_MOST);
}

export function sum(outcomes: readonly Outcome[]): Outcome {
  return {
    passed: outcomes.reduce((all, { passed }) => all + passed, 0),
    skipped: outcomes.reduce((all, { skipped }) => all + skipped, 0),
    failures: outcomes.flatMap(({ failures }) => failures),
    slow: outcomes.flatMap(({ slow }) => slow),
  };
}

/** The last line of `npm test`, for people and for programs. */
export function closingLine({ passed, failures, skipped }: Outcome): string {
  return `${passed} passed, ${failures.length} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

/** Nothing was tried or something failed: no reason to be confident. */
export function isFailure({ passed, failures }: Outcome): boolean {
  return failures.length > 0 || passed === 0;
}

/** A part in which nothing passed proves nothing, whatever its runner thinks of that. */
export function demandPassed(outcome: Outcome): Outcome {
  return orFailure(outcome, outcome.passed === 0, 'no test passed');
}

function orFailure(outcome: Outcome, isFailed: boolean, why: string): Outcome {
  return isFailed && outcome.failures.length === 0 ? { ...outcome, failures: [why] } : outcome;
}

const vitestReport = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(
        z.object({
          status: z.string(),
          fullName: z.string(),
          duration: z.number().nullish(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

type VitestFile = z.infer<typeof vitestReport>['testResults'][number];

/**
 * Reads what vitest's JSON reporter wrote. A file that failed without a failed test in it (it does not load, a hook
 * failed) is one failure, and so is a run that says it failed for a reason of its own.
 */
export function vitestOutcome(report: unknown, exitCode: number): Outcome {
  const outcome = sum(vitestReport.parse(report).testResults.map(fileOutcome));
  const asksForTests = outcome.passed + outcome.skipped > 0;
  return orFailure(outcome, exitCode !== 0 && asksForTests, 'vitest failed outside of every test');
}

function fileOutcome({ name, status, message, assertionResults }: VitestFile): Outcome {
  const passed = assertionResults.filter((test) => test.status === 'passed').length;
  const failures = assertionResults
    .filter((test) => test.status === 'failed')
    .map((test) => failure(`${name} > ${test.fullName}`, test.failureMessages?.[0]));
  const skipped = assertionResults.length - passed - failures.length;
  const slow = assertionResults.flatMap((test) => slowOf(`${name} > ${test.fullName}`, test.duration));
  return orFailure({ passed, skipped, failures, slow }, status === 'failed', failure(name, message));
}

const failure = (where: string, said?: string): string =>
  `${where}: ${said?.split('\n', 1).join('') || 'failed outside of its tests'}`;

const goEvent = z.object({
  Action: z.string(),
  Package: z.string().optional(),
  Test: z.string().optional(),
  Elapsed: z.number().optional(),
});

/**
 * Reads the events of `go test -json`: the tests that have no tests inside them, and one failure for each package that
 * failed without a failed test (it does not compile, it ended half way), or for the run itself.
 */
export function goOutcome(lines: readonly string[], exitCode: number): Outcome {
  const tests = new Map<string, string>();
  const packages = new Map<string, string>();
  const seconds = new Map<string, number>();
  for (const line of lines) {
    if (!line.startsWith('{')) continue;
    const { Action: action, Package: name = '', Test: test, Elapsed } = goEvent.parse(JSON.parse(line));
    if (!['pass', 'fail', 'skip'].includes(action)) continue;
    if (test === undefined) packages.set(name, action);
    else tests.set(`${name} ${test}`, action);
    seconds.set(`${name} ${test ?? ''}`, Elapsed ?? 0);
  }
  const names = [...tests.keys()];
  const parents = new Set(
    names.flatMap((test) => (test.includes('/') ? [test.slice(0, test.lastIndexOf('/'))] : [])),
  );
  const leaves = names.filter((test) => !parents.has(test));
  const of = (wanted: string) => leaves.filter((test) => tests.get(test) === wanted);
  const failed = of('fail');
  const broken = [...packages.keys()].filter(
    (name) => packages.get(name) === 'fail' && !failed.some((test) => test.startsWith(`${name} `)),
  );
  return orFailure(
    {
      passed: of('pass').length,
      skipped: of('skip').length,
      failures: [...failed, ...broken],
      slow: leaves.flatMap((test) => slowOf(test, (seconds.get(test) ?? 0) * 1_000)),
    },
    exitCode !== 0,
    'go test failed outside of every test',
  );
}
