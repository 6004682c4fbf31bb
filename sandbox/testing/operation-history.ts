import { z } from 'zod';
import { endpoints, type SandboxState } from '../state.ts';
import { run } from '../machine/run.ts';
import type { Span } from './time-spent.ts';
import { tools } from '../tools/tools.ts';

/** What an operation spent time on, seen from outside: by the names of its activities in Temporal's own record. */
export type OperationKind = 'daemons' | 'tools';

const history = z.object({
  events: z.array(
    z.object({
      eventId: z.coerce.number(),
      eventType: z.string(),
      eventTime: z.string(),
      activityTaskScheduledEventAttributes: z
        .object({ activityType: z.object({ name: z.string() }) })
        .optional(),
      activityTaskStartedEventAttributes: z.object({ scheduledEventId: z.coerce.number() }).optional(),
      activityTaskCompletedEventAttributes: z.object({ scheduledEventId: z.coerce.number() }).optional(),
      childWorkflowExecutionStartedEventAttributes: z
        .object({ workflowExecution: z.object({ workflowId: z.string() }) })
        .optional(),
    }),
  ),
});
type Events = z.infer<typeof history>['events'];

/** Waits for Curve's own tools, and what runs tools itself. Everything else that is called await… waits for a daemon. */
const runsTools = new Set([
  'formatDisks',
  'emptyPools',
  'readTemplates',
  'awaitFormatJobs',
  'awaitChunkFormatJobs',
  'createPhysicalPool',
  'createLogicalPool',
]);

/** Types of one system's activities carry its name: curve.readTemplates. */
function kindOf(type: string): OperationKind | undefined {
  const activity = type.slice(type.lastIndexOf('.') + 1);
  if (runsTools.has(activity)) return 'tools';
  return activity.startsWith('await') ? 'daemons' : undefined;
}

export function spansOf(events: Events): Span<OperationKind>[] {
  const names = new Map<number, string>();
  const started = new Map<number, number>();
  const spans: Span<OperationKind>[] = [];
  for (const event of events) {
    const time = Date.parse(event.eventTime);
    const name = event.activityTaskScheduledEventAttributes?.activityType.name;
    if (name !== undefined) names.set(event.eventId, name);
    const start = event.activityTaskStartedEventAttributes?.scheduledEventId;
    if (start !== undefined) started.set(start, time);
    const end = event.activityTaskCompletedEventAttributes?.scheduledEventId;
    const kind = end === undefined ? undefined : kindOf(names.get(end) ?? '');
    if (end !== undefined && kind !== undefined)
      spans.push({ kind, from: started.get(end) ?? time, to: time });
  }
  return spans;
}

/** Reads the histories of the operation and its children. */
export async function operationSpans(
  state: SandboxState,
  workflowId: string,
): Promise<{ readonly from: number; readonly to: number; readonly spans: readonly Span<OperationKind>[] }> {
  const { events } = history.parse(
    JSON.parse(
      await run([
        ...[tools.temporal, 'workflow', 'show', '--address', endpoints(state).temporal],
        ...['--workflow-id', workflowId, '--output', 'json'],
      ]),
    ),
  );
  const children = events.flatMap(
    (event) => event.childWorkflowExecutionStartedEventAttributes?.workflowExecution.workflowId ?? [],
  );
  const inside = await Promise.all([...new Set(children)].map((child) => operationSpans(state, child)));
  return {
    from: Date.parse(events[0]?.eventTime ?? ''),
    to: Date.parse(events.at(-1)?.eventTime ?? ''),
    spans: [...spansOf(events), ...inside.flatMap((child) => child.spans)],
  };
}
