import type { DiskIdentity } from '../../disks/facts.ts';
import { randomUUID } from 'node:crypto';
import { readBootId } from '../devices/block-device.ts';
import { appendLine, makeFolder } from '../durable-files.ts';
import { type Host, stateFolder } from '../host.ts';

/** Who ordered a destructive step, for the record. */
export interface Order {
  readonly clusterId: string;
  /** Ids of the workflow and activity; absent outside of an activity. */
  readonly workflowId?: string;
  readonly activityId?: string;
  readonly attempt?: number;
}

/** What a destructive step is done to, and how. */
export interface AuditSubject {
  readonly order: Order;
  /** The path in the spec, and the kernel device that it led to. */
  readonly path: string;
  readonly device: string;
  /** Of an empty disk. A formatted one is known by `fsUuid`. */
  readonly identity?: DiskIdentity;
  readonly fsUuid?: string;
  readonly command: readonly string[];
}

/** How it ended. */
export interface AuditEnd {
  readonly exitCode?: number;
  /** The signal that ended the tool. */
  readonly endedBy?: string;
}

/** One line of the record. `will-run` without a later `ran` of the same `run`: it was cut off. */
export interface AuditRecord extends AuditSubject, AuditEnd {
  readonly time: string;
  readonly event: 'will-run' | 'ran';
  /** Joins the two lines of one run. */
  readonly run: string;
  readonly node: string;
  readonly bootId: string;
}

export const auditPath = (host: Host): string => `${stateFolder(host)}/audit.jsonl`;

/**
 * Does something destructive between two lines of the record. The first is on the host's disk before `work` begins, and
 * where it cannot be written nothing is done.
 */
export async function audited<T extends AuditEnd>(
  host: Host,
  subject: AuditSubject,
  work: () => Promise<T>,
): Promise<T> {
  const shared = { run: randomUUID(), node: host.node, bootId: await readBootId(host), ...subject };
  await write(host, { time: now(), event: 'will-run', ...shared });
  const end = await work();
  const { exitCode, endedBy } = end;
  await write(host, {
    time: now(),
    event: 'ran',
    ...shared,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(endedBy === undefined ? {} : { endedBy }),
  });
  return end;
}

const now = (): string => new Date().toISOString();

async function write(host: Host, record: AuditRecord): Promise<void> {
  await makeFolder(stateFolder(host));
  await appendLine(auditPath(host), JSON.stringify(record));
}
