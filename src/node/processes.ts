import type { BigIntStats } from 'node:fs';
import { readFile, readdir, readlink, stat } from 'node:fs/promises';
import { numbersOf } from './block-device.ts';
import { hasCode, type Host, isMissing, procPath } from './host.ts';

/** One open file of one process on the host. */
export interface OpenFile {
  readonly pid: number;
  readonly fd: string;
  /** What the link says: a path, or `socket:[inode]`. */
  readonly target: string;
}

/** Every open file on the host that `matches` accepts by its link. Processes that end meanwhile are left out. */
export async function openFiles(
  host: Host,
  matches: (target: string) => boolean,
): Promise<readonly OpenFile[]> {
  const pids = (await readdir(procPath(host, ''))).filter((name) => /^\d+$/.test(name)).map(Number);
  const found: OpenFile[] = [];
  for (const pid of pids) {
    for (const fd of (await gone([], () => readdir(procPath(host, `${pid}/fd`)))) as readonly string[]) {
      const target = await gone(undefined, () => readlink(procPath(host, `${pid}/fd/${fd}`)));
      if (target !== undefined && matches(target)) found.push({ pid, fd, target });
    }
  }
  return found;
}

export interface Writer {
  readonly pid: number;
  readonly command: string;
}

/** Processes that have the device open for writing: O_EXCL does not see those (a database on a raw disk, a guest). */
export const writersOf = (host: Host, majorMinor: string): Promise<readonly Writer[]> =>
  writers(
    host,
    (target) => target.includes('/dev/'),
    (file) => file.isBlockDevice() && numbersOf(file.rdev) === majorMinor,
  );

/** Processes that have a file of this file system open for writing, in whatever mount namespace. */
export const writersInside = (host: Host, majorMinor: string): Promise<readonly Writer[]> =>
  writers(
    host,
    (target) => target.startsWith('/'),
    (file) => file.isFile() && numbersOf(file.dev) === majorMinor,
  );

async function writers(
  host: Host,
  matches: (target: string) => boolean,
  counts: (file: BigIntStats) => boolean,
): Promise<readonly Writer[]> {
  const found = new Map<number, Writer>();
  for (const file of await openFiles(host, matches)) {
    if (found.has(file.pid)) continue;
    const path = procPath(host, `${file.pid}/fd/${file.fd}`);
    const status = await gone(undefined, () => stat(path, { bigint: true }));
    if (status === undefined || !counts(status) || !(await isOpenForWriting(host, file))) continue;
    found.set(file.pid, { pid: file.pid, command: await commandOf(host, file.pid) });
  }
  return [...found.values()];
}

async function isOpenForWriting(host: Host, file: OpenFile): Promise<boolean> {
  const info = await gone('', () => readFile(procPath(host, `${file.pid}/fdinfo/${file.fd}`), 'utf8'));
  const flags = Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? '0', 8);
  return (flags & ACCESS_MODE) !== 0;
}

// O_ACCMODE: 0 is read-only, 1 write-only, 2 both.
const ACCESS_MODE = 0o3;

/** The short name of a process, `?` when it has ended. */
export const commandOf = (host: Host, pid: number): Promise<string> =>
  gone('?', async () => (await readFile(procPath(host, `${pid}/comm`), 'utf8')).trim());

/** Answers `otherwise` when the process or its file has gone meanwhile, or is a kernel thread of another owner. */
export async function gone<T>(otherwise: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isMissing(error) || ['ESRCH', 'EACCES', 'EPERM', 'EINVAL'].some((code) => hasCode(error, code))) {
      return otherwise;
    }
    throw error;
  }
}
