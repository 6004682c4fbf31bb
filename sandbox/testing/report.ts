import { formatDuration } from '../progress.ts';
import { checkout } from '../settings.ts';
import { closingLine, slowest, sum, type Outcome } from './outcome.ts';

/** What came of one part of a run, or of a step beside the parts. */
export interface Result {
  readonly what: string;
  readonly outcome: Outcome;
  readonly ms: number;
}

/** The end of a run: slow tests, what failed, a row for each part, and the closing line for programs. */
export function reportLines(
  results: readonly Result[],
  took: { readonly settingUp: number; readonly all: number },
): string[] {
  const all = sum(results.map(({ outcome }) => outcome));
  const rows = [
    row('setting up', took.settingUp),
    ...results.map(({ what, outcome, ms }) => row(what, ms, closingLine(outcome))),
    row('all', took.all),
  ];
  return [
    ...slowLines(results),
    ...results.flatMap(({ what, outcome }) => outcome.failures.map((failure) => `✗ ${what}: ${failure}`)),
    ...(results.length > 1 ? rows : []),
    closingLine(all),
  ];
}

const row = (what: string, ms: number, how = ''): string =>
  `${what.padEnd(12)} ${formatDuration(ms).padStart(12)}  ${how}`.trimEnd();

function slowLines(results: readonly Result[]): string[] {
  const slow = slowest(sum(results.map(({ outcome }) => outcome)));
  if (slow.length === 0) return [];
  const lines = slow.map(
    ({ test, ms }) => `${formatDuration(ms).padStart(12)}  ${test.replace(`${checkout}/`, '')}`,
  );
  return ['The slowest tests of more than 20 s:', ...lines, ''];
}
