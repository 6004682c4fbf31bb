import { loadavg } from 'node:os';
import { resolve } from 'node:path';
import { execa } from 'execa';
import { commandEnvironment, exampleFile, prepareExample, readCluster, readExample } from './example.ts';
import { type SandboxState, readState } from '../state.ts';
import { operationSpans } from './operation-history.ts';
import { Problem } from '../problem.ts';
import { checkout } from '../settings.ts';
import { shareOut } from './time-spent.ts';

/** Seconds by what they were spent on. */
type Times = ReadonlyMap<string, number>;

export interface BenchOptions {
  readonly runs: number;
  /** Another checkout to measure beside this one. */
  readonly against?: string;
}

/**
 * The example from empty disks to Ready, several times. With another checkout the two take turns, so that whatever else
 * the machine does falls on both.
 */
export async function bench({ runs, against }: BenchOptions): Promise<void> {
  const checkouts = [checkout, ...(against === undefined ? [] : [resolve(against)])];
  const measured = new Map<string, Times[]>(checkouts.map((folder) => [folder, []]));
  for (let run = 1; run <= runs; run++) {
    for (const folder of checkouts) {
      const times = await measure(folder);
      measured.get(folder)?.push(times);
      process.stderr.write(
        `run ${run} of ${runs}, ${folder}: Ready after ${seconds(times.get(TO_READY) ?? 0)}, load ${loadavg()[0]?.toFixed(1) ?? ''}\n`,
      );
    }
  }
  for (const [folder, times] of measured) process.stdout.write(`\n${folder}\n${table(times)}\n`);
}

const TO_READY = 'request to Ready';

/** One run on fresh disks, with the Keelson of that checkout. */
async function measure(folder: string): Promise<Times> {
  await execa(process.execPath, [`${folder}/sandbox/start.mjs`, 'reset'], { stdio: 'pipe' });
  const state = await readState();
  if (state === undefined)
    throw new Problem('no sandbox is running after its reset', 'npm run sandbox -- up');
  const example = await readExample();
  await prepareExample(state, example, () => undefined);
  const began = Date.now();
  const apply = ['apply', '-f', `${checkout}/${exampleFile}`, '--wait', '--timeout', '10m'];
  await execa(process.execPath, [`${folder}/src/cli/main.ts`, ...apply], {
    env: commandEnvironment(state),
    stdio: 'pipe',
  });
  const ready = Date.now() - began;
  const cluster = await readCluster(state, example);
  const phases = (cluster?.phases ?? []).map(
    ({ name, started, finished }) =>
      [`  ${name}`, Date.parse(finished ?? '') - Date.parse(started ?? '')] as const,
  );
  return new Map([[TO_READY, ready], ...phases, ...(await shares(state, cluster?.operation?.id))]);
}

async function shares(state: SandboxState, operation: string | undefined): Promise<[string, number][]> {
  if (operation === undefined) return [];
  const { from, to, spans } = await operationSpans(state, operation);
  const { daemons, tools, idle } = shareOut({ from, to }, spans, ['daemons', 'tools']);
  return [
    ['waiting for daemons', daemons],
    ['tools at work', tools],
    ['our own work', idle],
  ];
}

function table(runs: readonly Times[]): string {
  const rows = [...(runs[0]?.keys() ?? [])].map((what) => {
    const sorted = runs.map((times) => times.get(what) ?? Number.NaN).toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
    const range = `${seconds(sorted[0] ?? Number.NaN)} to ${seconds(sorted.at(-1) ?? Number.NaN)}`;
    return `${what.padEnd(22)} ${seconds(median).padStart(8)}   ${range}`;
  });
  return [`${''.padEnd(22)} ${'median'.padStart(8)}   range of ${runs.length}`, ...rows].join('\n');
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
