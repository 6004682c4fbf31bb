/**
 * `npm run test:faults -- --rounds 50 --seed monday`: rounds of random faults, one after the other, each on fresh disks.
 * Every round becomes a row of docs/reliability.md at once, so that a run which was ended goes on where it stood.
 */
import { appendFile, readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Command } from 'commander';
import { execa } from 'execa';
import type { Round } from './support/random-round.ts';

const PAGE = 'docs/reliability.md';
const checkout = new URL('..', import.meta.url).pathname;

const program = new Command('test:faults')
  .description('Rounds of random faults on the running sandbox; each becomes a row of docs/reliability.md.')
  .option('--rounds <number>', 'how many', Number, 10)
  .option(
    '--seed <text>',
    'rounds of the same seed and commit that are in the table are not run again',
    'seed',
  )
  .action(async ({ rounds, seed }: { rounds: number; seed: string }) => {
    const commit = await currentCommit();
    let failed = 0;
    for (let i = 1; i <= rounds; i++) {
      const of = `${seed}-${i}`;
      const row = `| ${commit} | ${of} |`;
      if ((await readFile(`${checkout}${PAGE}`, 'utf8')).includes(row)) continue;
      const round = await runRound(of);
      if (round === undefined) failed++;
      await appendFile(`${checkout}${PAGE}`, `${row} ${resultOf(round)} |\n`);
    }
    process.stdout.write(
      `${failed === 0 ? 'every round' : `all but ${failed} rounds`} ended Ready and true\n`,
    );
    if (failed > 0) process.exitCode = 1;
  });

async function currentCommit(): Promise<string> {
  const { stdout } = await execa('git', ['rev-parse', '--short', 'HEAD'], { cwd: checkout });
  return stdout;
}

/** Undefined: the round failed; what it said stands in the terminal. */
async function runRound(seed: string): Promise<Round | undefined> {
  const folder = await mkdtemp(`${tmpdir()}/keelson-rounds-`);
  try {
    const record = `${folder}/rounds.jsonl`;
    await execa(process.execPath, ['sandbox/start.mjs', 'test', 'random'], {
      cwd: checkout,
      env: { KEELSON_SEEDS: seed, KEELSON_ROUNDS_FILE: record },
      reject: false,
      stdio: 'inherit',
    });
    const text = await readFile(record, 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as Round);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const resultOf = (round: Round | undefined): string =>
  round === undefined
    ? 'failed | '
    : `Ready and true after ${round.seconds} s | ${round.faults.join('; ').replaceAll('|', '/')}`;

await program.parseAsync();
