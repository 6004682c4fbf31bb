import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import type { Sandbox } from './sandbox.ts';

/** What Temporal's own record says about an operation. */

export interface Step {
  readonly workflow: string;
  readonly activity: string;
  /** Attempts that it took. */
  readonly attempt: number;
  /** How the attempt before the last one ended. */
  readonly lastFailure?: string;
  readonly end: 'completed' | 'failed' | 'timed out' | 'cancelled' | 'running';
}

/** Connects for as long as `use` runs. */
export async function withTemporal<T>(box: Sandbox, use: (client: Client) => Promise<T>): Promise<T> {
  const { address, namespace } = box.status.temporal;
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection, namespace }));
  } finally {
    await connection.close();
  }
}

/** Every activity of every execution that was started since then: operations, nodes, entities, looks and plans. */
export async function stepsSince(client: Client, moment: Date): Promise<Step[]> {
  const steps: Step[] = [];
  const query = `StartTime >= "${moment.toISOString()}"`;
  for await (const { workflowId, runId } of client.workflow.list({ query }))
    steps.push(...(await stepsOfOne(client.workflow.getHandle(workflowId, runId))));
  return steps;
}

/** All that these executions remember, payloads and failures included, as one text to search in. */
export async function textSince(client: Client, moment: Date): Promise<string> {
  const texts: string[] = [];
  const query = `StartTime >= "${moment.toISOString()}"`;
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    texts.push(JSON.stringify(history.events, payloadsRead));
  }
  return texts.join('\n');
}

/** The data of a payload is bytes, in base64. */
const payloadsRead = (key: string, value: unknown): unknown =>
  key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value;

async function stepsOfOne(handle: WorkflowHandle): Promise<Step[]> {
  const { events } = await handle.fetchHistory();
  const steps = new Map<string, Step>();
  const change = (scheduled: unknown, next: Partial<Step>): void => {
    const step = steps.get(String(scheduled));
    if (step) steps.set(String(scheduled), { ...step, ...next });
  };
  for (const event of events ?? []) {
    const activity = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (activity) {
      steps.set(String(event.eventId), { workflow: handle.workflowId, activity, attempt: 0, end: 'running' });
    }
    const started = event.activityTaskStartedEventAttributes;
    if (started) {
      const lastFailure = started.lastFailure?.message;
      change(started.scheduledEventId, {
        attempt: started.attempt ?? 0,
        ...(lastFailure ? { lastFailure } : {}),
      });
    }
    const ends = {
      completed: event.activityTaskCompletedEventAttributes,
      failed: event.activityTaskFailedEventAttributes,
      'timed out': event.activityTaskTimedOutEventAttributes,
      cancelled: event.activityTaskCanceledEventAttributes,
    } as const;
    for (const [end, attributes] of Object.entries(ends)) {
      if (attributes) change(attributes.scheduledEventId, { end: end as Step['end'] });
    }
  }
  return [...steps.values()];
}
