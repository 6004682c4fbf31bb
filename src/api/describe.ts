import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { PendingActivity } from './view/work.ts';

type RawPending = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];
type RawTime = RawPending['scheduledTime'];

/** temporal.api.enums.v1.PendingActivityState */
const STARTED = new Set([2, 3, 4]);

/** What an execution waits for now; nothing when it has ended or is gone. */
export async function pendingActivities(
  client: Client,
  workflowId: string,
): Promise<readonly PendingActivity[]> {
  const description = await client.workflow.getHandle(workflowId).describe();
  return (description.raw.pendingActivities ?? []).map(pendingActivity);
}

/** Node workers are known by the queue that the activity waits on. */
const NODE_QUEUE = /^node\/([^/]+)(?:\/probe)?$/;

function pendingActivity(raw: RawPending): PendingActivity {
  const node = NODE_QUEUE.exec(raw.activityOptions?.taskQueue?.name ?? '')?.[1];
  const heartbeat = raw.heartbeatDetails?.payloads?.[0];
  const lastError = raw.lastFailure?.message;
  const since = isoTime(raw.scheduledTime);
  return {
    activity: raw.activityType?.name ?? '',
    started: STARTED.has(raw.state ?? 0),
    attempt: raw.attempt ?? 1,
    ...(node === undefined ? {} : { node }),
    ...(since === undefined ? {} : { since }),
    ...(heartbeat ? { heartbeat: defaultPayloadConverter.fromPayload(heartbeat) } : {}),
    ...(lastError ? { lastError } : {}),
  };
}

function isoTime(time: RawTime): string | undefined {
  if (!time?.seconds) return undefined;
  return new Date(Number(time.seconds) * 1_000).toISOString();
}
