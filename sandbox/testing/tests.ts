import { change } from '../change.ts';
import { down } from '../down.ts';
import { installPackages, testPackages } from '../machine/packages.ts';
import { preflight } from '../machine/preflight.ts';
import { describeError, Problem } from '../problem.ts';
import { formatDuration } from '../progress.ts';
import { readState } from '../state.ts';
import { build, goCommand, tools } from '../tools/tools.ts';
import { up } from '../up.ts';
import { closingLine, demandPassed, isFailure, noTests, sum, type Outcome } from './outcome.ts';
import { isVitest, partNames, testParts, usualParts, type PartName } from './parts.ts';
import { reportLines, type Result } from './report.ts';
import { runGo, runVitest, type Manner } from './runners.ts';
import { nextPart } from './schedule.ts';

/**
 * Runs the named part of the tests, or all of them, and returns whether it was a success. Brings up what they need. A
 * sandbox that was started for them is taken down when they passed, and left for a look when they did not.
 */
export async function runTests(name: string | undefined, args: readonly string[]): Promise<boolean> {
  const began = Date.now();
  const parts = chosen(name);
  const wasRunning = (await readState()) !== undefined;
  if (parts.some(needsSandbox)) await preflight();

  const setUp = await setUpFor(parts);
  const settingUp = Date.now() - began;
  const results = await runParts(parts, args, setUp);

  const passed = !isFailure(sum(results.map(({ outcome }) => outcome)));
  if (setUp.sandbox !== undefined && setUp.sandbox.failure === undefined && !wasRunning && passed) {
    const ended = Date.now();
    const { failure } = await attempt('the sandbox was not taken down', takeDown);
    if (failure !== undefined)
      results.push({ what: 'down', outcome: outcomeOf({ failure }), ms: Date.now() - ended });
  }
  process.stdout.write(`\n${reportLines(results, { settingUp, all: Date.now() - began }).join('\n')}\n`);
  return !isFailure(sum(results.map(({ outcome }) => outcome)));
}

function chosen(name: string | undefined): readonly PartName[] {
  if (name === undefined) return usualParts;
  const part = partNames.find((known) => known === name);
  if (part === undefined)
    throw new Problem(`there is no part "${name}" of the tests`, `parts are ${partNames.join(', ')}`);
  return [part];
}

function needsSandbox(name: PartName): boolean {
  const part = testParts[name];
  return isVitest(part) && part.needsSandbox === true;
}

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

/** What the parts need, each as far as a part needs it. */
interface SetUp {
  readonly sandbox: Attempt<unknown> | undefined;
  readonly packages: Attempt<unknown>;
  readonly go: Attempt<string> | undefined;
}

const notRun = 'these tests could not be run';
const takeDown = () => change('test', (progress) => down(progress, { purge: false }));

/**
 * For all parts before the first of them: a change of the sandbox holds a lock, for which the tests of another part
 * would wait.
 */
async function setUpFor(parts: readonly PartName[]): Promise<SetUp> {
  return {
    sandbox: parts.some(needsSandbox)
      ? await attempt('the sandbox did not come up', () => change('test', up))
      : undefined,
    packages: await attempt(notRun, () =>
      change('test', (progress) => installPackages(testPackages, progress)),
    ),
    go: parts.every((name) => isVitest(testParts[name])) ? undefined : await attempt(notRun, setUpGo),
  };
}

/** The Go command. The Curve image's S3 client is tested against a real server. */
async function setUpGo(): Promise<string> {
  const { result } = await change('test', async (progress) => {
    await build(['versitygw'], progress);
    return goCommand(progress);
  });
  return result;
}

/** Runs the parts, some beside each other; their results in the order of the parts. */
async function runParts(
  parts: readonly PartName[],
  args: readonly string[],
  setUp: SetUp,
): Promise<Result[]> {
  const pending = [...parts];
  const running = new Map<PartName, Promise<void>>();
  const results = new Map<PartName, Result>();
  while (pending.length + running.size > 0) {
    const name = nextPart(pending, [...running.keys()]);
    if (name === undefined) {
      await Promise.race(running.values());
      continue;
    }
    pending.splice(pending.indexOf(name), 1);
    const manner = { args, beside: running.size > 0 };
    const ended = runPart(name, manner, setUp).then((result) => {
      results.set(name, result);
      running.delete(name);
    });
    running.set(name, ended);
  }
  return parts.flatMap((name) => results.get(name) ?? []);
}

async function runPart(name: PartName, manner: Manner, setUp: SetUp): Promise<Result> {
  const began = Date.now();
  process.stdout.write(`\n── ${name}${manner.beside ? ', at the same time; its output follows' : ''} ──\n`);
  const failure = (needsSandbox(name) ? setUp.sandbox?.failure : undefined) ?? setUp.packages.failure;
  const ran =
    failure === undefined ? await attempt(notRun, () => runTestsOf(name, manner, setUp)) : { failure };
  const outcome = outcomeOf(ran);
  const ms = Date.now() - began;
  process.stdout.write(`── ${name}: ${closingLine(outcome)}, after ${formatDuration(ms)} ──\n`);
  return { what: name, outcome, ms };
}

async function runTestsOf(name: PartName, manner: Manner, { go }: SetUp): Promise<Outcome> {
  const part = testParts[name];
  if (isVitest(part)) return runVitest(part, manner);
  if (go?.value === undefined) throw new Problem(go?.failure ?? 'there is no Go');
  return runGo(go.value, part.module, manner, { KEELSON_VERSITYGW: tools.versitygw });
}
