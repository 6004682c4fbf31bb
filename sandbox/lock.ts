import { open, readFile, rm } from 'node:fs/promises';
import { buildUnit, endGroup } from './cgroups.ts';
import { isRunning, startTimeOf } from './processes.ts';
import type { Progress } from './progress.ts';
import { lockFile } from './settings.ts';
import { until } from './wait.ts';

interface Holder {
  readonly name: string;
  readonly pid: number;
  readonly startTime: string;
}

async function currentHolder(): Promise<Holder | undefined> {
  const text = await readFile(lockFile, 'utf8').catch(() => '');
  try {
    const holder = JSON.parse(text) as Holder;
    return (await isRunning(holder)) ? holder : undefined;
  } catch {
    return undefined;
  }
}

/** One command at a time changes the sandbox. Others wait and say for whom. A holder that died holds nothing. */
export async function withLock<T>(command: string, progress: Progress, work: () => Promise<T>): Promise<T> {
  const me: Holder = { name: command, pid: process.pid, startTime: (await startTimeOf(process.pid)) ?? '' };
  let told = false;
  await until(`another sandbox command to end (${lockFile})`, 1800, async () => {
    const holder = await currentHolder();
    if (holder !== undefined) {
      if (!told)
        progress.say(`  waiting for "${holder.name}" (pid ${holder.pid}), which is changing the sandbox`);
      told = true;
      return undefined;
    }
    await rm(lockFile, { force: true });
    const file = await open(lockFile, 'wx').catch(() => undefined);
    if (file === undefined) return undefined;
    await file.writeFile(JSON.stringify(me));
    await file.close();
    // Two that found a dead holder may both have got here: the file says who was last.
    return (await currentHolder())?.pid === process.pid ? true : undefined;
  });
  try {
    // Nobody else is at work, so builds that still run belong to a command that was killed.
    await endGroup(buildUnit);
    return await work();
  } finally {
    await releaseLock();
  }
}

/** Gives the lock back, if it is held by this process. */
export async function releaseLock(): Promise<void> {
  if ((await currentHolder())?.pid === process.pid) await rm(lockFile, { force: true });
}
