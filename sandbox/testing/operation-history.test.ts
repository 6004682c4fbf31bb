import { expect, it } from 'vitest';
import { spansOf } from './operation-history.ts';

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`;
const scheduled = (eventId: number, second: number, name: string) => ({
  eventId,
  eventType: 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED',
  eventTime: at(second),
  activityTaskScheduledEventAttributes: { activityType: { name } },
});
const started = (scheduledEventId: number, second: number) => ({
  eventId: scheduledEventId + 100,
  eventType: 'EVENT_TYPE_ACTIVITY_TASK_STARTED',
  eventTime: at(second),
  activityTaskStartedEventAttributes: { scheduledEventId },
});
const completed = (scheduledEventId: number, second: number) => ({
  eventId: scheduledEventId + 200,
  eventType: 'EVENT_TYPE_ACTIVITY_TASK_COMPLETED',
  eventTime: at(second),
  activityTaskCompletedEventAttributes: { scheduledEventId },
});

it('the activities of a release whose types carried no system are read as well', () => {
  const events = [scheduled(1, 0, 'formatDisks'), started(1, 0), completed(1, 1)];
  expect(spansOf(events).map(({ kind }) => kind)).toEqual(['tools']);
});

it('tells waiting for daemons, tools and everything else apart by what the activities are called', () => {
  const events = [
    scheduled(1, 0, 'curve.observeEtcd'),
    started(1, 0),
    completed(1, 1),
    scheduled(2, 1, 'curve.awaitEtcd'),
    scheduled(3, 1, 'curve.formatDisks'),
    started(2, 2),
    started(3, 3),
    completed(3, 6),
    completed(2, 8),
  ];
  const base = Date.parse(at(0));
  expect(spansOf(events)).toEqual([
    { kind: 'tools', from: base + 3000, to: base + 6000 },
    { kind: 'daemons', from: base + 2000, to: base + 8000 },
  ]);
});
