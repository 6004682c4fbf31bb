import type { Client } from '@temporalio/client';
import { mapConcurrently } from '../concurrency/map-concurrently.ts';
import type { Kube } from '../kube/client.ts';
import { list } from '../kube/objects.ts';
import { internalIp, internalIpv6Alone } from '../kube/node-address.ts';
import { NODES } from '../kube/resources.ts';
import { probeQueue } from '../workflows/queues.ts';
import type { NodeAnswer } from '../requests/answers/nodes.ts';
import { Problem } from '../requests/problems.ts';
import { DEADLINE_MS, type Temporal, within } from '../requests/temporal.ts';

/** A worker asks for work in long polls of a minute; one that has not for longer than this is gone. */
const POLLS_WITHIN_MS = 70_000;

/** Queues asked about at a time. */
const AT_ONCE = 16;

type KubeNode = Awaited<ReturnType<typeof list<NonNullable<typeof NODES.shape>>>>['items'][number];
type Worker = Pick<NodeAnswer, 'worker' | 'workerSeen'>;

/** All nodes, with what Temporal knows of their workers; unknown while Temporal is away. */
export async function readNodes(kube: Kube, temporal: Temporal, now: Date): Promise<readonly NodeAnswer[]> {
  const { items } = await list(kube, NODES);
  let away = false;
  return mapConcurrently(items, AT_ONCE, async (node): Promise<NodeAnswer> => {
    const worker: Worker = away
      ? { worker: 'unknown' }
      : await workerOf(temporal, node.metadata?.name ?? '', now);
    if (worker.worker === 'unknown') away = true;
    return { ...nodeAnswer(node), ...worker };
  });
}

/** Whether somebody polls the probe queue of the node. Costs one call and wakes nobody up. */
async function workerOf({ client, installation }: Temporal, node: string, now: Date): Promise<Worker> {
  try {
    const { pollers } = await within(client, DEADLINE_MS.read, () =>
      client.workflowService.describeTaskQueue({
        namespace: client.options.namespace,
        taskQueue: { name: probeQueue(installation, node) },
        taskQueueType: ACTIVITY_QUEUE,
      }),
    );
    const seconds = (pollers ?? []).map((p) => Number(p.lastAccessTime?.seconds ?? 0));
    const seen = Math.max(0, ...seconds) * 1_000;
    if (seen === 0) return { worker: 'silent' };
    const worker = now.getTime() - seen <= POLLS_WITHIN_MS ? 'answering' : 'silent';
    return { worker, workerSeen: new Date(seen).toISOString() };
  } catch (err) {
    if (err instanceof Problem) return { worker: 'unknown' };
    throw err;
  }
}

/** temporal.api.enums.v1.TaskQueueType: the enum itself is not the client's to give. */
type TaskQueueType = NonNullable<
  Parameters<Client['workflowService']['describeTaskQueue']>[0]['taskQueueType']
>;
// oxlint-disable-next-line no-unsafe-enum-assignment -- the package that holds the enum is not a dependency of ours
const ACTIVITY_QUEUE = 2 as TaskQueueType;

function nodeAnswer(node: KubeNode): Omit<NodeAnswer, 'worker'> {
  const ip = internalIp(node) ?? internalIpv6Alone(node);
  const ready = node.status?.conditions?.find((c) => c.type === 'Ready')?.status === 'True';
  const kernelVersion = node.status?.nodeInfo?.kernelVersion;
  return {
    name: node.metadata?.name ?? '',
    ready,
    schedulable: node.spec?.unschedulable !== true,
    ...(ip === undefined ? {} : { ip }),
    ...(kernelVersion === undefined ? {} : { kernelVersion }),
  };
}
