import { abandon, withLock } from './machine/lock.ts';
import { clearInstallation } from './machine/packages.ts';
import { Progress } from './progress.ts';

/** Runs a command that changes the sandbox: under the lock, with progress; says how long it took, in milliseconds. */
export async function change<T>(
  command: string,
  work: (progress: Progress) => Promise<T>,
): Promise<{ readonly result: T; readonly took: number }> {
  const progress = await Progress.open();
  const interrupts = endOnInterrupt(progress);
  try {
    const result = await withLock(command, progress, async () => {
      await clearInstallation(progress);
      return work(progress);
    });
    return { result, took: progress.elapsed() };
  } catch (error) {
    // What fails now fails because it was ended; everything has been said, and the process is about to end.
    if (interrupts.happened()) await new Promise(() => undefined);
    throw error;
  } finally {
    interrupts.ignore();
    await progress.close();
  }
}

/**
 * Ctrl-C ends what is being built and nothing else: what runs goes on running, and the next command takes it from
 * there. A second one does not wait for the end of the builds.
 */
function endOnInterrupt(progress: Progress): { happened: () => boolean; ignore: () => void } {
  let interrupted = false;
  const end = (code: number) => {
    if (interrupted) process.exit(code);
    interrupted = true;
    progress.stop();
    const next = 'the same command again goes on from here; npm run sandbox -- down takes away what runs';
    process.stderr.write(`\ninterrupted\n→ ${next}\n`);
    void abandon().finally(() => process.exit(code));
  };
  const onInterrupt = () => end(130);
  const onTerminate = () => end(143);
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  return {
    happened: () => interrupted,
    ignore: () => {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
    },
  };
}
