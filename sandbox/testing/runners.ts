import { execa } from 'execa';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { checkout } from '../settings.ts';
import { goOutcome, noTests, vitestOutcome, type Outcome } from './outcome.ts';
import { vitestArguments, type VitestPart } from './parts.ts';
import { goEnvironment } from '../tools/tools.ts';

/** Runs vitest with its own live output and reads its report. */
export async function runVitest(part: VitestPart, args: readonly string[]): Promise<Outcome> {
  const folder = await mkdtemp(`${tmpdir()}/keelson-test-`);
  try {
    const report = `${folder}/report.json`;
    // The long ones say each test as it ends.
    const reporters = [`--reporter=${part.project === 'e2e' ? 'verbose' : 'default'}`, '--reporter=json'];
    // Only unit tests have nothing in common; the others share one sandbox, and one of them resets it.
    const order = part.project === 'unit' ? [] : ['--no-file-parallelism'];
    const vitest = [`${checkout}/node_modules/vitest/vitest.mjs`, 'run', ...order];
    const { exitCode } = await execa(
      process.execPath,
      [...vitest, ...reporters, `--outputFile.json=${report}`, ...vitestArguments(part, args)],
      { cwd: checkout, stdio: 'inherit', reject: false },
    );
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
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Outcome> {
  // Go's own limit of ten minutes a package would end a slow machine's run.
  const child = execa(go, ['test', '-json', '-timeout=30m', './...', ...args], {
    cwd: `${checkout}/${module}`,
    env: { ...goEnvironment, ...env },
    reject: false,
    stdin: 'ignore',
    stderr: 'inherit',
    buffer: false,
  });
  const lines: string[] = [];
  const said = new Map<string, string[]>();
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    show(line, said);
  }
  const { exitCode } = await child;
  return goOutcome(lines, exitCode ?? 1);
}

interface GoEvent {
  readonly Action: string;
  readonly Package?: string;
  readonly Test?: string;
  readonly Output?: string;
}

/** Keeps what each test says until it is known whether anybody needs it. */
function show(line: string, said: Map<string, string[]>): void {
  if (!line.startsWith('{')) {
    process.stdout.write(`${line}\n`);
    return;
  }
  const event = JSON.parse(line) as GoEvent;
  const key = `${event.Package ?? ''} ${event.Test ?? ''}`;
  const output = said.get(key) ?? [];
  if (event.Output !== undefined) said.set(key, [...output, event.Output]);
  if (event.Action === 'build-output') process.stdout.write(event.Output ?? '');
  if (event.Action === 'fail') process.stdout.write(output.join(''));
  if (event.Action === 'pass' && event.Test === undefined) process.stdout.write(output.at(-1) ?? '');
  if (event.Action !== 'output') said.delete(key);
}
