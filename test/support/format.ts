import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { DiskIdentity } from '../../src/disks/facts.ts';
import { fsUuidOf } from '../../src/disks/fs-uuid.ts';
import type { FilesystemGoal } from '../../src/disks/stage.ts';
import type { DiskTarget, FilesystemUse, FormatOptions } from '../../src/disks/use.ts';
import { type AuditRecord, auditPath } from '../../src/node/format/audit.ts';
import { inspectFilesystemDisk, type StagedDisk } from '../../src/node/format/disk-stage.ts';
import { formatDisk, type FormatOutcome } from '../../src/node/format/format-disk.ts';
import { type Host, isMissing } from '../../src/node/host.ts';
import type { TestDisk } from './test-node.ts';

export const CLUSTER = '6f1c1a52-64de-4d0c-9f0e-0a3d5f1f7c11';
export const OTHER_CLUSTER = 'b5a1ffb0-29b5-4b0a-8d2e-0d3a2f4c9e22';

/** How most tests want their disks. */
export const FORMAT: FormatOptions = {
  filesystem: 'ext4',
  minBytes: 512 * 1024 ** 2,
  daemonFolder: 'curve',
};

/** A disk as an order to a node worker names it. */
export const targetOf = ({
  device,
  mountPath,
}: Pick<FilesystemGoal, 'device' | 'mountPath'>): DiskTarget<FilesystemUse> => ({
  device,
  use: { kind: 'filesystem', ...FORMAT, mountPath },
});

/** What the spec of {@link CLUSTER} says about a disk. */
export const goalOf = (
  host: Host,
  disk: Pick<TestDisk, 'path'>,
  change: Partial<FilesystemGoal> = {},
): FilesystemGoal => {
  const clusterId = change.clusterId ?? CLUSTER;
  const fsUuid = fsUuidOf(clusterId, host.node, disk.path);
  return {
    clusterId,
    node: host.node,
    device: disk.path,
    mountPath: '/data/chunkserver0',
    fsUuid,
    ...FORMAT,
    ...change,
  };
};

/** Observe, as a plan does it. */
export const look = (host: Host, goal: FilesystemGoal): Promise<StagedDisk> =>
  inspectFilesystemDisk(host, goal, { lock: 'wait' });

/** The identity that a plan would record now. */
export const identityNow = async (host: Host, goal: FilesystemGoal): Promise<DiskIdentity> =>
  (await look(host, goal)).observed.disk.identity;

export interface Attempt {
  readonly identity?: DiskIdentity;
  readonly signal?: AbortSignal;
  readonly report?: (now: string) => void;
}

/** One attempt at formatting, in this process. */
export const format = (host: Host, goal: FilesystemGoal, attempt: Attempt = {}): Promise<FormatOutcome> =>
  formatDisk(host, {
    goal,
    order: { clusterId: goal.clusterId },
    signal: attempt.signal ?? new AbortController().signal,
    report: attempt.report ?? (() => undefined),
    ...(attempt.identity === undefined ? {} : { identity: attempt.identity }),
  });

/** The same in a process of its own, which can be killed. */
export function formatInChild(host: Host, goal: FilesystemGoal, identity: DiskIdentity) {
  const script = fileURLToPath(new URL('format-child.ts', import.meta.url));
  return execa(process.execPath, [script, JSON.stringify({ host, goal, identity })], {
    reject: false,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** The audit record of the node; empty when nothing destructive was ever begun. */
export async function auditOf(host: Host): Promise<readonly AuditRecord[]> {
  try {
    const text = await readFile(auditPath(host), 'utf8');
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditRecord);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** How often mkfs was begun on a node, by its record. */
export const mkfsRuns = async (host: Host): Promise<number> =>
  (await auditOf(host)).filter((r) => r.event === 'will-run' && r.command[0] === 'mkfs.ext4').length;

/** Random in every mkfs, so equal seeds prove that it is still the same file system. */
export async function hashSeed(device: string): Promise<string | undefined> {
  const { stdout } = await execa('dumpe2fs', ['-h', device]);
  return /^Directory Hash Seed:\s*(\S+)$/m.exec(stdout)?.[1];
}
