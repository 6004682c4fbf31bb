import type { DiskIdentity } from '../disks/facts.ts';
import { appendLine, makeFolder } from './durable-files.ts';
import { type Host, stateFolder } from './host.ts';

/** Who ordered a destructive step, for the record. */
export interface Order {
  readonly clusterId: string;
  /** Ids of the workflow and activity; absent outside of an activity. */
  readonly workflowId?: string;
  readonly activityId?: string;
  readonly attempt?: number;
}

/** One line of the audit record. `will-run` without a later `ran` of the same `run`: it was cut off. */
export interface AuditRecord {
  readonly time: string;
  readonly event: 'will-run' | 'ran';
  /** Joins the two lines of one run. */
  readonly run: string;
  readonly node: string;
  readonly order: Order;
  /** The path in the spec, and the kernel device that it led to. */
  readonly path: string;
  readonly device: string;
  readonly identity: DiskIdentity;
  readonly command: readonly string[];
  readonly bootId: string;
  readonly exitCode?: number;
  /** The signal that ended the tool. */
  readonly endedBy?: string;
}

export const auditPath = (host: Host): string => `${stateFolder(host)}/audit.jsonl`;

/** Returns when the record is on the host's disk: without it nothing destructive is run. */
export async function writeAudit(host: Host, record: AuditRecord): Promise<void> {
  await makeFolder(stateFolder(host));
  await appendLine(auditPath(host), JSON.stringify(record));
}
