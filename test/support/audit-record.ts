import type { AuditRecord } from '../../src/node/format/audit.ts';
import { readOn } from './node-root.ts';
import type { Sandbox } from './sandbox.ts';

/** One destructive step as the nodes recorded it. */
export interface AuditRun {
  readonly node: string;
  readonly path: string;
  readonly device: string;
  readonly command: readonly string[];
  readonly attempt: number | undefined;
  readonly began: number;
  /** Absent: its worker was killed. */
  readonly ended?: number;
  readonly exitCode?: number;
}

export async function auditOf(box: Sandbox, nodes: readonly string[]): Promise<AuditRun[]> {
  const texts = await Promise.all(
    nodes.map(async (node) => (await readOn(box, node, '/var/lib/keelson/audit.jsonl')) ?? ''),
  );
  const records = texts
    .flatMap((text) => text.split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditRecord);
  return records
    .filter((r) => r.event === 'will-run')
    .map((r) => {
      const end = records.find((other) => other.event === 'ran' && other.run === r.run);
      return {
        node: r.node,
        path: r.path,
        device: r.device,
        command: r.command,
        attempt: r.order.attempt,
        began: Date.parse(r.time),
        ...(end === undefined ? {} : { ended: Date.parse(end.time) }),
        ...(end?.exitCode === undefined ? {} : { exitCode: end.exitCode }),
      };
    });
}

/** Pairs of runs on one device of which the second began before the first had ended. */
export function overlaps(runs: readonly AuditRun[]): string[] {
  return runs.flatMap((one) =>
    runs
      .filter((other) => other !== one && other.node === one.node && other.path === one.path)
      .filter((other) => other.began >= one.began && other.began < (one.ended ?? one.began))
      .map((other) => `${one.node} ${one.path}: ${one.command.join(' ')} and ${other.command.join(' ')}`),
  );
}
