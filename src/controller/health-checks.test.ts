import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { resourceKey } from '../systems/operation.ts';
import type { HealthCheckInput } from '../workflows/messages.ts';
import { HealthChecks } from './health-checks.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const input = (generation: number, name = 'my'): HealthCheckInput => ({
  resource: { system: 'curve', kind: 'cluster', namespace: 'curve', name },
  uid: 'u',
  generation,
  spec: { nodes: ['n1'] },
});
const KEY = resourceKey(input(1).resource);

function healthChecks() {
  const calls: string[] = [];
  const failures = { left: 0 };
  const call = (what: string) => async (given: HealthCheckInput) => {
    calls.push(`${what} ${given.resource.name} ${given.generation}`);
    if (failures.left-- > 0) throw new Error('Temporal is away');
  };
  const checks = new HealthChecks({
    hand: call('hand'),
    start: call('start'),
    nodesOf: ({ spec }) => (spec as { nodes: readonly string[] }).nodes,
    onDone: () => undefined,
    onError: () => undefined,
  });
  return { checks, calls, failures };
}
const later = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

test('every accepted manifest is handed over, and again until that succeeds', async () => {
  const { checks, calls, failures } = healthChecks();
  failures.left = 1;
  checks.track(input(1));
  await later();
  expect(calls).toEqual(['hand my 1']);
  await later(1_000);
  expect(calls).toEqual(['hand my 1', 'hand my 1']);
  checks.track(input(2));
  await later();
  expect(calls.at(-1)).toBe('hand my 2');
});

test('the clusters on a node whose watch has just begun are told to listen to it', async () => {
  const { checks, calls } = healthChecks();
  checks.track(input(1));
  await later();
  checks.nodeWatchStarted('n2');
  checks.nodeWatchStarted('n1');
  await later();
  expect(calls).toEqual(['hand my 1', 'hand my 1']);
});

test('a health check that is not heard of is started again once a minute, not handed the manifest', async () => {
  const { checks, calls } = healthChecks();
  checks.track(input(1));
  await later();
  checks.unobserved(KEY);
  await later(60_000);
  expect(calls).toEqual(['hand my 1']);
  checks.unobserved(KEY);
  checks.unobserved(KEY);
  await later();
  expect(calls).toEqual(['hand my 1', 'start my 1']);
});

test('a cluster that was deleted is left alone', async () => {
  const { checks, calls } = healthChecks();
  checks.track(input(1));
  await later();
  checks.untrack(KEY);
  await later(60_000);
  checks.unobserved(KEY);
  checks.nodeWatchStarted('n1');
  await later();
  expect(calls).toEqual(['hand my 1']);
});
