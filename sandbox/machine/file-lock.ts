import { spawn } from 'node:child_process';
import { open, rm, stat, type FileHandle } from 'node:fs/promises';
import { Problem } from '../problem.ts';

/** Held as long as this process lives, whatever ends it: the kernel's own lock on the open file. */
export interface FileLock {
  /** For a child process that is to hold it as well. */
  readonly fd: number;
  release(): Promise<void>;
}

/**
 * Takes the lock, or waits for it in the kernel. `onWait` gets what the holder wrote about itself: for people,
 * nothing depends on them.
 */
export async function takeFileLock(
  path: string,
  me: string,
  seconds: number,
  onWait: (holder: string) => void,
): Promise<FileLock> {
  const file = await open(path, 'a+');
  if (!(await flock(file, ['--nonblock']))) {
    onWait(await file.readFile('utf8'));
    if (!(await flock(file, ['--timeout', String(seconds)]))) {
      await file.close();
      throw new Problem(`waited ${seconds} s in vain for another command to end (${path})`);
    }
  }
  // The holder removed the file while this process waited on it: somebody else may have made, and locked, a new one.
  if (!(await isAt(file, path))) {
    await file.close();
    return takeFileLock(path, me, seconds, onWait);
  }
  await file.truncate();
  await file.write(me);
  return {
    fd: file.fd,
    release: async () => {
      await rm(path, { force: true });
      await file.close();
    },
  };
}

/** The lock belongs to the open file, which this process shares with the command for a moment and then keeps. */
function flock(file: FileHandle, how: readonly string[]): Promise<boolean> {
  const command = spawn('flock', [...how, '3'], { stdio: ['ignore', 'ignore', 'inherit', file.fd] });
  return new Promise((resolve, reject) => {
    command.once('error', reject);
    command.once('exit', (code) => resolve(code === 0));
  });
}

async function isAt(file: FileHandle, path: string): Promise<boolean> {
  const [mine, there] = await Promise.all([file.stat(), stat(path).catch(() => undefined)]);
  return mine.ino === there?.ino;
}
