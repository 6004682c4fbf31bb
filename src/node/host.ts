import { lstat, readlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/**
 * Where a node is reached from this process. In the node worker's container the host's root lies below `/host`
 * (Bidirectional propagation) and its `/dev` at `/dev`; in tests everything may lie elsewhere.
 */
export interface Host {
  /** Name of the node, for messages and records. */
  readonly node: string;
  /** The host's root as seen from here: `/host`, or empty when this process runs on the host itself. */
  readonly root: string;
  /** The folder with the node's device nodes. It must be the host's own: flock(2) is held on the inode in it. */
  readonly dev: string;
  /** PATH that tools are found on. */
  readonly toolPath: string;
}

/** The mount table that counts: the host's, not the container's. */
export const mountTablePath = (host: Host): string =>
  host.root === '' ? '/proc/self/mountinfo' : `${host.root}/proc/1/mountinfo`;

/** A file below the host's /proc. */
export const procPath = (host: Host, path: string): string => `${host.root}/proc/${path}`;

/** Everything of ours on a host that belongs to no disk: the audit record and locks. */
export const stateFolder = (host: Host): string => `${host.root}/var/lib/keelson`;

/** What a path is called here and on the host, after every symlink was followed as the host would follow it. */
export interface HostPath {
  readonly here: string;
  readonly onHost: string;
}

// The kernel gives up after as many (path_resolution(7)).
const MAX_LINKS = 40;

/**
 * Follows symlinks inside the host's root: an absolute link such as `/data -> /mnt/data` would otherwise lead into the
 * container's own root. Parts that do not exist are taken as they are.
 */
export async function resolveOnHost(host: Host, path: string): Promise<HostPath> {
  let done = '/';
  let left = resolve('/', path).split('/').filter(Boolean);
  for (let links = 0; left.length > 0;) {
    const [name, ...rest] = left as [string, ...string[]];
    const next = join(done, name);
    const target = await linkTarget(`${host.root}${next}`);
    if (target === undefined) {
      done = next;
      left = rest;
      continue;
    }
    if (++links > MAX_LINKS) throw new Error(`too many symbolic links on the way to ${path} on ${host.node}`);
    left = [...resolve(done, target).split('/').filter(Boolean), ...rest];
    done = '/';
  }
  return { here: `${host.root}${done}`, onHost: done };
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** ENOENT or ENOTDIR: there is no such file. Every other error is a real one. */
export const isMissing = (error: unknown): boolean => hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR');

export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === code;

/** What the kernel answers when a device itself fails: no medium, medium or transport errors, a path that is gone. */
const DEVICE_ERRORS = [
  'EIO',
  'ENODATA',
  'EREMOTEIO',
  'ETIMEDOUT',
  'EILSEQ',
  'ENOLINK',
  'ENXIO',
  'ENODEV',
  'ENOMEDIUM',
];

export const isDeviceError = (error: unknown): error is Error =>
  DEVICE_ERRORS.some((code) => hasCode(error, code));
