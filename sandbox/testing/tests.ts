import { change } from '../change.ts';
import { down } from '../down.ts';
import { readState } from '../state.ts';
import { installPackages, testPackages } from '../machine/packages.ts';
import { preflight } from '../machine/preflight.ts';
import { describeError, Problem } from '../problem.ts';
import { closingLine, demandPassed, isFailure, noTests, sum, type Outcome } from './outcome.ts';
import { isVitest, partNames, testParts, type PartName } from './parts.ts';
import { runGo, runVitest } from './runners.ts';
import { build, goCommand, tools } from '../tools/tools.ts';
import { up } from '../up.ts';

/**
 * Runs the named part of the tests, or all of them, and returns whether it was a success. Brings up what they need. A
 * sandbox that was started for them is taken down when they passed, and left for a look when they did not.
 */
export async function runTests(name: string | undefined, args: readonly string[]): Promise<boolean> {
  const parts = chosen(name);
  const wasRunning = (await readState()) !== undefined;
  if (parts.some(needsSandbox)) await preflight();

  const results: [what: string, outcome: Outcome][] = [];
  let sandbox: Attempt<unknown> | undefined;
  for (const part of parts) {
    process.stdout.write(`\n── ${part} ──\n`);
    if (needsSandbox(part)) sandbox ??= await attempt('the sandbox did not come up', bringUp);
    const ran =
      needsSandbox(part) && sandbox?.failure !== undefined
        ? { failure: sandbox.failure }
        : await attempt('these tests could not be run', () => runPart(part, args));
    results.push([part, outcomeOf(ran)]);
  }

  const passed = !isFailure(sum(results.map(([, outcome]) => outcome)));
  if (sandbox && sandbox.failure === undefined && !wasRunning && passed) {
    const { failure } = await attempt('the sandbox was not taken down', takeDown);
    if (failure !== undefined) results.push(['down', outcomeOf({ failure })]);
  }
  return report(results);
}

function chosen(name: string | undefined): readonly PartName[] {
  if (name === undefined) return partNames;
  const part = partNames.find((known) => known === name);
  if (part === undefined)
    throw new Problem(`there is no part "${name}" of the tests`, `parts are ${partNames.join(', ')}`);
  return [part];
}

function needsSandbox(name: PartName): boolean {
  const part = testParts[name];
  return isVitest(part) && part.needsSandbox === true;
}

const bringUp = () => change('test', up);
const takeDown = () => change('test', (progress) => down(progress, { purge: false }));

interface Attempt<T> {
  readonly value?: T;
  /** In one line. */
  readonly failure?: string;
}

/** What fails beside the tests is said, and counts as a failure: a run always comes to its closing line. */
async function attempt<T>(otherwise: string, work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    const message = `${otherwise}: ${describeError(error)}`;
    process.stderr.write(`\n${message}\n`);
    return { failure: message.split('\n', 1).join('') };
  }
}

const outcomeOf = ({ value = noTests, failure }: Attempt<Outcome>): Outcome =>
  failure === undefined ? demandPassed(value) : { ...noTests, failures: [failure] };

/** Installs what the tests run on this machine, and runs them. */
async function runPart(name: PartName, args: readonly string[]): Promise<Outcome> {
  const part = testParts[name];
  await change('test', (progress) => installPackages(testPackages, progress));
  if (isVitest(part)) return runVitest(part, args);
  const { result: go } = await change('test', async (progress) => {
    // The Curve image's S3 client is tested against a real server.
    await build(['versitygw'], progress);
    return goCommand(progress);
  });
  return runGo(go, part.module, args, { KEELSON_VERSITYGW: tools.versitygw });
}

/** What failed, a line for each part, and the closing one for all. */
function report(results: readonly (readonly [what: string, outcome: Outcome])[]): boolean {
  const all = sum(results.map(([, outcome]) => outcome));
  process.stdout.write('\n');
  for (const [what, { failures }] of results)
    for (const failure of failures) process.stdout.write(`✗ ${what}: ${failure}\n`);
  if (results.length > 1) {
    for (const [what, outcome] of results)
      process.stdout.write(`${what.padEnd(12)} ${closingLine(outcome)}\n`);
  }
  process.stdout.write(`${closingLine(all)}\n`);
  return !isFailure(all);
}
