import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { controlUnit, inGroup } from './cgroups.ts';
import { Problem } from '../problem.ts';
import { paths } from '../settings.ts';
import { until } from './wait.ts';

/** Pid and start time together name a process for ever; a pid alone may belong to somebody else tomorrow. */
export interface ProcessRecord {
  readonly name: string;
  readonly pid: number;
  readonly startTime: string;
}

/** Clock ticks since boot at which the process started; undefined when there is no such process (or a dead one). */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name, in parentheses, may contain blanks; state is the first field after it, starttime the twentieth.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || fields[0] === 'Z' ? undefined : fields[19];
}

export async function isRunning(record: ProcessRecord): Promise<boolean> {
  return (await startTimeOf(record.pid)) === record.startTime;
}

export interface DaemonOptions {
  readonly unit?: string;
  readonly env?: Record<string, string>;
}

/** Starts a process that outlives this one. Its output is appended to logs/NAME.log. */
export async function startDaemon(
  name: string,
  argv: readonly string[],
  options: DaemonOptions = {},
): Promise<ProcessRecord> {
  const grouped = await inGroup(options.unit ?? controlUnit, argv);
  await mkdir(paths.logs, { recursive: true });
  await mkdir(paths.processes, { recursive: true });
  const log = openSync(logFile(name), 'a');
  const [file = '', ...args] = grouped.argv;
  const child = spawn(file, args, {
    detached: true,
    cwd: '/',
    stdio: ['ignore', log, log],
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/root',
      ...grouped.env,
      ...options.env,
    },
  });
  closeSync(log);
  child.unref();
  const startTime = child.pid === undefined ? undefined : await startTimeOf(child.pid);
  if (child.pid === undefined || startTime === undefined) {
    throw new Problem(`cannot start ${name}: ${argv[0]} ended at once`, `its output: ${logFile(name)}`);
  }
  const record: ProcessRecord = { name, pid: child.pid, startTime };
  await writeFile(`${paths.processes}/${name}.json`, JSON.stringify(record));
  return record;
}

export function logFile(name: string): string {
  return `${paths.logs}/${name}.log`;
}

export async function lastLogLines(name: string): Promise<string> {
  const text = await readFile(logFile(name), 'utf8').catch(() => '');
  return `the last lines of ${logFile(name)}:\n${text.trim().split('\n').slice(-6).join('\n')}`;
}

/** Waits for the condition and gives up at once when the process it depends on is no longer there. */
export async function whenReady(
  record: ProcessRecord,
  seconds: number,
  isReady: () => Promise<true | undefined>,
): Promise<void> {
  await until(
    `${record.name} to answer`,
    seconds,
    async () => {
      if (await isReady()) return true;
      if (!(await isRunning(record)))
        throw new Problem(`${record.name} ended`, await lastLogLines(record.name));
      return undefined;
    },
    () => lastLogLines(record.name),
  );
}

export async function readRecord(name: string): Promise<ProcessRecord | undefined> {
  const text = await readFile(`${paths.processes}/${name}.json`, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as ProcessRecord);
}

/** The record, if the process it names still runs. */
export async function runningRecord(name: string): Promise<ProcessRecord | undefined> {
  const record = await readRecord(name);
  return record !== undefined && (await isRunning(record)) ? record : undefined;
}

export async function endProcess(name: string, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
  const record = await readRecord(name);
  if (record !== undefined && (await isRunning(record))) {
    process.kill(record.pid, signal);
    await until(`${name} to end`, 30, async () => ((await isRunning(record)) ? undefined : true));
  }
  await rm(`${paths.processes}/${name}.json`, { force: true });
}
