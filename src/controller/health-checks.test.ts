import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { HealthCheckInput } from '../workflows/messages.ts';
import { HealthChecks } from './health-checks.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const input = (generation: number): HealthCheckInput => ({
  resource: { system: 'curve', kind: 'cluster', namespace: 'curve', name: 'my' },
  uid: 'u',
  generation,
  spec: {},
});

function watched() {
  const seen: number[] = [];
  const open: (() => void)[] = [];
  const errors: string[] = [];
  const stop = new AbortController();
  const looks = new HealthChecks({
    check: ({ generation }) => {
      seen.push(generation);
      return new Promise((resolve, reject) => {
        open.push(resolve);
        stop.signal.addEventListener('abort', () => reject(new Error('stopped')));
      });
    },
    nodesOf: () => ['n1', 'n2'],
    onError: (cluster) => errors.push(cluster),
    timing: { afterMs: 30_000, debounceMs: 1_000, gapMs: 5_000 },
    signal: stop.signal,
  });
  const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  return { looks, seen, errors, stop, after, end: () => open.shift()?.() };
}

test('the next look comes 30 s after the last one ended, never beside it', async () => {
  const { looks, seen, after, end } = watched();
  looks.track(input(1));
  await after(100_000);
  expect(seen).toHaveLength(1);
  end();
  await after(29_000);
  expect(seen).toHaveLength(1);
  await after(1_500);
  expect(seen).toHaveLength(2);
});

test('a burst of changes is one look, a moment after it', async () => {
  const { looks, seen, after, end } = watched();
  looks.track(input(1));
  await after(10_000);
  end();
  await after(0);
  for (let i = 0; i < 5; i++) looks.trigger('curve/cluster/curve/my');
  await after(900);
  expect(seen).toHaveLength(1);
  await after(200);
  expect(seen).toHaveLength(2);
});

test('what changed during a look is looked at again; what never rests is not looked at all the time', async () => {
  const { looks, seen, after, end } = watched();
  looks.track(input(1));
  await after(100);
  looks.trigger('curve/cluster/curve/my');
  end();
  await after(4_000);
  expect(seen).toHaveLength(1);
  await after(1_000);
  expect(seen).toHaveLength(2);
});

test('a newer document is what counts from the next look on', async () => {
  const { looks, seen, after, end } = watched();
  looks.track(input(1));
  await after(6_000);
  looks.track(input(2));
  end();
  await after(1_100);
  expect(seen).toEqual([1, 2]);
});

test('a cluster that is dropped is not looked at any more, and an end is no error', async () => {
  const { looks, seen, errors, stop, after, end } = watched();
  looks.track(input(1));
  await after(10);
  end();
  looks.untrack('curve/cluster/curve/my');
  await after(60_000);
  expect(seen).toEqual([1]);
  looks.track(input(3));
  await after(10);
  stop.abort();
  await after(60_000);
  expect(seen).toEqual([1, 3]);
  expect(errors).toEqual([]);
});

test('clusters are found by the nodes that they use', () => {
  const { looks } = watched();
  looks.track(input(1));
  expect(looks.using('n1')).toEqual(['curve/cluster/curve/my']);
  expect(looks.using('n2')).toEqual(['curve/cluster/curve/my']);
  expect(looks.using('n3')).toEqual([]);
});
