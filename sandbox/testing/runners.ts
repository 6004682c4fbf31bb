import { execa } from 'execa';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { checkout } from '../settings.ts';
import { goOutcome, noTests, vitestOutcome, type Outcome } from './outcome.ts';
import { vitestArguments, type VitestPart } from './parts.ts';
import { goEnvironment } from '../tools/tools.ts';

/** How the tests of a part are started. */
export interface Manner {
  readonly args: readonly string[];
  /**
   * Another part runs at the same time: what this one prints is kept until its end, and it gets only the cores that
   * the other leaves.
   */
  readonly beside: boolean;
}

const polite = (argv: readonly string[], { beside }: Manner): [file: string, ...args: string[]] =>
  (beside ? ['nice', '-n', '10', ...argv] : argv) as [string, ...string[]];

/** Runs vitest and reads its report. Its output is live, unless another part runs at the same time. */
export async function runVitest(part: VitestPart, manner: Manner): Promise<Outcome> {
  const folder = await mkdtemp(`${tmpdir()}/keelson-test-`);
  try {
    const report = `${folder}/report.json`;
    // The long ones say each test as it ends.
    const reporters = [`--reporter=${part.project === 'e2e' ? 'verbose' : 'default'}`, '--reporter=json'];
    const vitest = [process.execPath, `${checkout}/node_modules/vitest/vitest.mjs`, 'run', ...reporters];
    const [file, ...args] = polite(
      [...vitest, `--outputFile.json=${report}`, ...vitestArguments(part, manner.args)],
      manner,
    );
    const { exitCode, all } = await execa(file, args, {
      cwd: checkout,
      reject: false,
      ...(manner.beside ? { stdin: 'ignore', all: true } : { stdio: 'inherit' }),
    });
    if (manner.beside) process.stdout.write(`${all ?? ''}\n`);
    const text = await readFile(report, 'utf8').catch(() => undefined);
    if (text === undefined) return { ...noTests, failures: ['vitest ended before it could report'] };
    return vitestOutcome(JSON.parse(text), exitCode ?? 1);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs the Go tests of a module below the checkout: one line for a package, and everything a failed test said. */
export async function runGo(
  go: string,
  module: string,
  manner: Manner,
  env: Readonly<Record<string, string>>,
): Promise<Outcome> {
  // Go's own limit of ten minutes a package would end a slow machine's run.
  const [file, ...args] = polite([go, 'test', '-json', '-timeout=30m', './...', ...manner.args], manner);
  const child = execa(file, args, {
    cwd: `${checkout}/${module}`,
    env: { ...goEnvironment, ...env },
    reject: false,
    stdin: 'ignore',
    stderr: 'inherit',
    buffer: false,
  });
  const lines: string[] = [];
  const output = new Map<string, string[]>();
  const kept: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    const shown = toShow(line, output);
    if (manner.beside) kept.push(shown);
    else process.stdout.write(shown);
  }
  const { exitCode } = await child;
  process.stdout.write(kept.join(''));
  return goOutcome(lines, exitCode ?? 1);
}

interface GoEvent {
  readonly Action: string;
  readonly Package?: string;
  readonly Test?: string;
  readonly Output?: string;
}

/** What a person sees of an event. Keeps the output of each test until it is known whether anybody needs it. */
function toShow(line: string, kept: Map<string, string[]>): string {
  if (!line.startsWith('{')) return `${line}\n`;
  const event = JSON.parse(line) as GoEvent;
  const key = `${event.Package ?? ''} ${event.Test ?? ''}`;
  const output = kept.get(key) ?? [];
  if (event.Output !== undefined) kept.set(key, [...output, event.Output]);
  if (event.Action !== 'output') kept.delete(key);
  if (event.Action === 'build-output') return event.Output ?? '';
  if (event.Action === 'fail') return output.join('');
  return event.Action === 'pass' && event.Test === undefined ? (output.at(-1) ?? '') : '';
}
