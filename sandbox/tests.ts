import { change } from './change.ts';
import { down } from './down.ts';
import { readFacts } from './facts.ts';
import { installPackages, testPackages } from './packages.ts';
import { Problem } from './problem.ts';
import { closingLine, isFailure, noTests, sum, type Counts } from './test-counts.ts';
import { runGo, runVitest } from './test-runners.ts';
import { goCommand } from './tools.ts';
import { up } from './up.ts';

/** In the order in which they run: what fails fastest comes first. The last two run only when they are named. */
export const testParts = ['unit', 'curve-image', 'integration', 'e2e', 'faults', 'scale'] as const;
type Part = (typeof testParts)[number];

/**
 * Not yet seen passing from start to end (docs/limitations.md), so they do not stand in the way of a change. A file that
 * passes moves up into `integration` or `e2e` by leaving this list.
 */
const onlyWhenNamed: readonly Part[] = ['faults', 'scale'];

/** Which project of vitest.config.ts a part is, and which of its files. */
const vitestParts: Readonly<
  Record<Exclude<Part, 'curve-image'>, { project: string; files: readonly string[] }>
> = {
  unit: { project: 'unit', files: [] },
  integration: { project: 'integration', files: ['--exclude', 'test/integration/workflows/fan-out.test.ts'] },
  e2e: { project: 'e2e', files: ['test/e2e/sandbox.test.ts', 'test/e2e/undisturbed.test.ts'] },
  faults: {
    project: 'e2e',
    files: ['worker-killed', 'power-cut', 'network-cut', 'refused-disks', 'bare-mount'],
  },
  scale: { project: 'integration', files: ['test/integration/workflows/fan-out.test.ts'] },
};

const needSandbox: readonly Part[] = ['integration', 'e2e', 'faults'];

/**
 * Runs the named part of the tests, or all of them, and returns whether it was a success. Brings up what they need. A
 * sandbox that was started for them is taken down when they passed, and left for a look when they did not.
 */
export async function runTests(name: string | undefined, args: readonly string[]): Promise<boolean> {
  const part = testParts.find((known) => known === name);
  if (name !== undefined && part === undefined) {
    throw new Problem(`there is no part "${name}" of the tests`, `parts are ${testParts.join(', ')}`);
  }
  const parts = part === undefined ? testParts.filter((each) => !onlyWhenNamed.includes(each)) : [part];
  const wasRunning = (await readFacts()) !== undefined;
  const go = await prepare(parts);

  const results: [Part, Counts][] = [];
  let sandbox: boolean | undefined;
  for (const each of parts) {
    process.stdout.write(`\n── ${each} ──\n`);
    if (needSandbox.includes(each)) sandbox ??= await bringUp();
    const counts =
      sandbox === false
        ? { ...noTests, failed: 1 }
        : go !== undefined && each === 'curve-image'
          ? await runGo(go, 'sandbox/curve-image', args)
          : await runVitest(...vitestOf(each, args));
    results.push([each, counts]);
  }

  const all = sum(results.map(([, counts]) => counts));
  if (sandbox !== undefined && !wasRunning && !isFailure(all))
    await change('test', (progress) => down(progress, { purge: false }));
  process.stdout.write('\n');
  if (results.length > 1) {
    for (const [each, counts] of results) process.stdout.write(`${each.padEnd(12)} ${closingLine(counts)}\n`);
  }
  process.stdout.write(`${closingLine(all)}\n`);
  return !isFailure(all);
}

/** Files that a person names are run instead of the part's own list. */
function vitestOf(part: Part, args: readonly string[]): [project: string, args: readonly string[]] {
  if (part === 'curve-image') throw new Error('the Curve image is tested by go');
  const { project, files } = vitestParts[part];
  const named = args.some((arg) => arg.includes('.test'));
  return [project, named ? args : [...files, ...args]];
}

/** Installs what the tests run on this machine; returns the Go to test with, when there is something to test. */
async function prepare(parts: readonly Part[]): Promise<string | undefined> {
  const { result } = await change('test', async (progress) => {
    await installPackages(testPackages, progress);
    return parts.includes('curve-image') ? goCommand(progress) : undefined;
  });
  return result;
}

/** False (and said why) when there is no sandbox to test on: the other parts still count. */
async function bringUp(): Promise<boolean> {
  try {
    await change('test', up);
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    process.stderr.write(`\nthe sandbox did not come up: ${error.message}\n→ ${error.next ?? ''}\n`);
    return false;
  }
}
