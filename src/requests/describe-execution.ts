import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { detailsIn } from '../systems/failure.ts';
import { nodeOfQueue } from '../workflows/queues.ts';
import type { Closed } from './view/ended.ts';
import type { PendingActivity } from './view/work.ts';

type RawPending = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];
type RawFailure = RawPending['lastFailure'];
type RawTime = RawPending['scheduledTime'];

/** temporal.api.enums.v1.PendingActivityState */
const STARTED = new Set([2, 3, 4]);

/** An execution as Temporal itself sees it. */
export interface Execution {
  /** What it waits for now; nothing when it has ended. */
  readonly pending: readonly PendingActivity[];
  /** Absent while it is open. */
  readonly closed?: Closed;
}

export async function describeExecution(client: Client, workflowId: string): Promise<Execution> {
  const { raw, status, closeTime } = await client.workflow.getHandle(workflowId).describe();
  return {
    pending: (raw.pendingActivities ?? []).map(pendingActivity),
    ...(closeTime ? { closed: { how: status.name, at: closeTime.toISOString() } } : {}),
  };
}

function pendingActivity(raw: RawPending): PendingActivity {
  // Node workers are known by the queue that the activity waits on.
  const node = nodeOfQueue(raw.activityOptions?.taskQueue?.name ?? '');
  const heartbeat = raw.heartbeatDetails?.payloads?.[0];
  const lastError = raw.lastFailure?.message;
  const next = nextIn(raw.lastFailure);
  const since = isoTime(raw.scheduledTime);
  return {
    activity: raw.activityType?.name ?? '',
    started: STARTED.has(raw.state ?? 0),
    attempt: raw.attempt ?? 1,
    ...(node === undefined ? {} : { node }),
    ...(since === undefined ? {} : { since }),
    ...(heartbeat ? { heartbeat: defaultPayloadConverter.fromPayload(heartbeat) } : {}),
    ...(lastError ? { lastError } : {}),
    ...(next === undefined ? {} : { next }),
  };
}

function nextIn(failure: RawFailure): string | undefined {
  const details = failure?.applicationFailureInfo?.details?.payloads ?? [];
  return detailsIn(details.map((payload) => defaultPayloadConverter.fromPayload(payload)))?.next;
}

function isoTime(time: RawTime): string | undefined {
  if (!time?.seconds) return undefined;
  return new Date(Number(time.seconds) * 1_000).toISOString();
}
