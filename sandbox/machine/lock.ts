import { buildUnit, endGroup } from './cgroups.ts';
import { takeFileLock, type FileLock } from './file-lock.ts';
import type { Progress } from '../progress.ts';
import { lockFile } from '../settings.ts';

let held: FileLock | undefined;

/** One command at a time changes the sandbox. Others wait and say for whom. A holder that died holds nothing. */
export async function withLock<T>(command: string, progress: Progress, work: () => Promise<T>): Promise<T> {
  held = await takeFileLock(lockFile, `"${command}" (pid ${process.pid})`, 1800, (holder) =>
    progress.say(`  waiting for ${holder || 'another command'}, which is changing the sandbox`),
  );
  try {
    // Nobody else is at work, so builds that still run belong to a command that was killed.
    await endGroup(buildUnit);
    return await work();
  } finally {
    await releaseLock();
  }
}

async function releaseLock(): Promise<void> {
  // Taken first: an interrupted command comes here twice, and what it releases the second time is another's.
  const lock = held;
  held = undefined;
  await lock?.release();
}

/** For a command that is interrupted: ends its builds. One that still waits has none; those that run are the holder's. */
export async function abandon(): Promise<void> {
  if (held === undefined) return;
  await endGroup(buildUnit);
  await releaseLock();
}
