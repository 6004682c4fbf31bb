import { constants, type FileHandle, open } from 'node:fs/promises';
import { hasCode, type Host } from '../host.ts';
import { runTool } from '../tools.ts';

/**
 * flock(2) on a device node or a file. The lock belongs to the open file description behind `fd`: every tool that
 * inherits it holds the lock too, so it lasts until this process and all those tools are gone. A worker that is killed
 * with -9 leaves the lock with the mkfs that it started, and a second attempt or a second pod waits for that mkfs
 * (tried). Two attempts in one process exclude each other as well, because each opens the file itself.
 */
export interface Lock {
  readonly path: string;
  readonly fd: number;
}

export interface LockRequest {
  /** `exclusive` to change something, `shared` to look. udev takes shared locks while it probes. */
  readonly mode: 'exclusive' | 'shared';
  /** Waits until the lock is free; ends the waiting when aborted. */
  readonly signal?: AbortSignal;
}

const TAKEN = 1;
// A lock is held for as long as a mkfs or a check takes; the waiting is visible in the heartbeat and can be cancelled.
const NO_TIMEOUT = 0;

/** Waits for the lock, runs `work` under it and gives it back, whatever happens. */
export async function withLock<T>(
  host: Host,
  path: string,
  request: LockRequest,
  work: (lock: Lock) => Promise<T>,
): Promise<T> {
  // Read-only, so that closing it tells udev nothing; not O_EXCL, so that it stands in nobody's way.
  await using file = await open(path, constants.O_RDONLY);
  await runTool(host, 'flock', [`--${request.mode}`, '3'], {
    timeoutMs: NO_TIMEOUT,
    lockFd: file.fd,
    ...(request.signal ? { signal: request.signal } : {}),
  });
  // await: without it the lock would be given back as soon as work has begun.
  return await work({ path, fd: file.fd });
}

/** Runs `work` under a shared lock when it is free at once; answers undefined when somebody works on the device. */
export async function tryShared<T>(host: Host, path: string, work: () => Promise<T>): Promise<T | undefined> {
  await using file = await open(path, constants.O_RDONLY);
  const { exitCode } = await runTool(host, 'flock', ['--shared', '--nonblock', '3'], {
    timeoutMs: 5_000,
    lockFd: file.fd,
    answers: [TAKEN],
  });
  return exitCode === TAKEN ? undefined : await work();
}

/**
 * One open(2) with O_EXCL, closed at once. It fails while the device is mounted in any mount namespace, is swap, has a
 * holder, or is held so by another process. Only to be asked under a lock of this file: it would make a mkfs that
 * starts in that very moment fail.
 */
export async function isExclusivelyFree(device: string): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(device, constants.O_RDONLY | constants.O_EXCL);
  } catch (error) {
    if (hasCode(error, 'EBUSY')) return false;
    throw error;
  }
  await file.close();
  return true;
}
