import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { fsUuidOf } from '../../disks/fs-uuid.ts';
import type { FilesystemGoal } from '../../disks/stage.ts';
import type { DiskTarget, FilesystemUse } from '../../disks/use.ts';
import type { Order } from '../../node/format/audit.ts';
import { formatDisk } from '../../node/format/format-disk.ts';
import type { Host } from '../../node/host.ts';
import { NodeError } from '../../node/node-error.ts';
import { settleConcurrently } from '../../concurrency/map-concurrently.ts';
import { withProgress } from '../heartbeats.ts';
import type { FormatDisksInput, FormattedDisk, NodeDisks, Progress } from './contract.ts';
import { failureOf } from './failures.ts';

/** mkfs and check are bound by the disk, not by the CPU; a few at once keep a node usable meanwhile. */
const DISKS_AT_ONCE = 4;

/** The order of the running activity, for the audit record. */
export function orderOf(clusterId: string): Order {
  const { workflowExecution, activityId, attempt } = activityInfo();
  const workflowId = workflowExecution?.workflowId;
  return { clusterId, ...(workflowId === undefined ? {} : { workflowId }), activityId, attempt };
}

/** What one disk of an order should become. */
export function goalOf(
  { clusterId, node }: Pick<NodeDisks, 'clusterId' | 'node'>,
  { device, use }: DiskTarget<FilesystemUse>,
): FilesystemGoal {
  const { filesystem, minBytes, daemonFolder, mountPath } = use;
  const fsUuid = fsUuidOf(clusterId, node, device);
  return { clusterId, node, device, fsUuid, filesystem, minBytes, daemonFolder, mountPath };
}

/** Brings every disk of one node to its goal, some at a time; one that is refused does not keep the others. */
export async function formatDisks(host: Host, input: FormatDisksInput): Promise<readonly FormattedDisk[]> {
  const signal = cancellationSignal();
  const order = orderOf(input.clusterId);
  const doing = new Map<string, string>();
  let done = 0;
  const progress = (): Progress => ({
    done,
    total: input.disks.length,
    waitingFor: [...doing.values()].join(', '),
  });
  const outcomes = await withProgress(progress, () =>
    settleConcurrently(input.disks, DISKS_AT_ONCE, async (disk) => {
      doing.set(disk.device, `looking at ${disk.device}`);
      try {
        const goal = goalOf(input, disk);
        const { identity } = disk;
        const report = (now: string): unknown => doing.set(disk.device, now);
        const request = { goal, order, signal, report, ...(identity === undefined ? {} : { identity }) };
        const outcome = await formatDisk(host, request);
        done += 1;
        const { device, mountPath, fsUuid } = goal;
        return { device, mountPath, fsUuid, ...outcome };
      } finally {
        doing.delete(disk.device);
      }
    }),
  );
  return successesOf(outcomes, signal);
}

function successesOf(
  outcomes: readonly PromiseSettledResult<FormattedDisk>[],
  signal: AbortSignal,
): readonly FormattedDisk[] {
  const reasons = outcomes.flatMap((o) => (o.status === 'rejected' ? [o.reason as unknown] : []));
  if (reasons.length > 0) signal.throwIfAborted();
  // What is not understood is not mixed with what is: it is thrown as it came, and retried.
  for (const reason of reasons) {
    if (!(reason instanceof NodeError)) throw reason instanceof Error ? reason : new Error(String(reason));
  }
  const [first, ...others] = reasons.filter((reason) => reason instanceof NodeError);
  if (first) throw failureOf([first, ...others]);
  return outcomes.flatMap((o) => (o.status === 'fulfilled' ? [o.value] : []));
}
