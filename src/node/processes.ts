import { type BigIntStats, readdirSync, readlinkSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import type { Writer } from '../disks/observation.ts';
import { numbersOf } from './devices/block-device.ts';
import { hasCode, type Host, isMissing, procPath } from './host.ts';

/** One open file of one process on the host. */
export interface OpenFile {
  readonly pid: number;
  readonly fd: string;
  /** What the link says: a path, or `socket:[inode]`. */
  readonly target: string;
}

/**
 * Every open file on the host that `matches` accepts by its link. Processes that end meanwhile are left out.
 *
 * The calls are synchronous: a host has tens of thousands of open files, /proc answers each in microseconds without
 * touching a disk, and a promise for each would take twenty times as long.
 */
export async function openFiles(
  host: Host,
  matches: (target: string) => boolean,
): Promise<readonly OpenFile[]> {
  const found: OpenFile[] = [];
  for (const name of await readdir(procPath(host, ''))) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    for (const fd of goneSync([], () => readdirSync(procPath(host, `${pid}/fd`)))) {
      const target = goneSync(undefined, () => readlinkSync(procPath(host, `${pid}/fd/${fd}`)));
      if (target !== undefined && matches(target)) found.push({ pid, fd, target });
    }
  }
  return found;
}

/**
 * Processes that have block devices open for writing, by the device's numbers. O_EXCL does not see those: a database on
 * a raw disk, a virtual machine.
 */
export async function writersByDevice(host: Host): Promise<(majorMinor: string) => readonly Writer[]> {
  const named = (target: string): boolean => target.includes('/dev/');
  const found = await writers(host, named, (file) =>
    file.isBlockDevice() ? numbersOf(file.rdev) : undefined,
  );
  return (majorMinor) => found.get(majorMinor) ?? [];
}

/** Processes that have a file of this file system open for writing, in whatever mount namespace. */
export async function writersInside(host: Host, majorMinor: string): Promise<readonly Writer[]> {
  const isPath = (target: string): boolean => target.startsWith('/');
  const found = await writers(host, isPath, (file) => (file.isFile() ? numbersOf(file.dev) : undefined));
  return found.get(majorMinor) ?? [];
}

/** @param key what a file counts for; undefined when it does not count */
async function writers(
  host: Host,
  matches: (target: string) => boolean,
  key: (file: BigIntStats) => string | undefined,
): Promise<ReadonlyMap<string, readonly Writer[]>> {
  const found = new Map<string, Writer[]>();
  for (const file of await openFiles(host, matches)) {
    const path = procPath(host, `${file.pid}/fd/${file.fd}`);
    const status = await gone(undefined, () => stat(path, { bigint: true }));
    const counted = status && key(status);
    if (counted === undefined || !(await isOpenForWriting(host, file))) continue;
    const others = found.get(counted) ?? [];
    if (others.some((writer) => writer.pid === file.pid)) continue;
    found.set(counted, [...others, { pid: file.pid, command: await commandOf(host, file.pid) }]);
  }
  return found;
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
    if (isGone(error)) return otherwise;
    throw error;
  }
}

function goneSync<T>(otherwise: T, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isGone(error)) return otherwise;
    throw error;
  }
}

const isGone = (error: unknown): boolean =>
  isMissing(error) || ['ESRCH', 'EACCES', 'EPERM', 'EINVAL'].some((code) => hasCode(error, code));
