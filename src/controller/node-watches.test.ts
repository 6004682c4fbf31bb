import { expect, test, vi } from 'vitest';
import { NodeWatches } from './node-watches.ts';

function watches() {
  const running = new Set<string>();
  const calls: string[] = [];
  const started: string[] = [];
  const note = (what: string, node: string): void => void calls.push(`${what} ${node}`);
  const all = new NodeWatches({
    calls: {
      start: async (node) => {
        note('start', node);
        const isNew = !running.has(node);
        running.add(node);
        return isNew;
      },
      resume: async (node) => note('resume', node),
      end: async (node) => note('end', node),
    },
    started: (node) => started.push(node),
    onError: () => undefined,
  });
  return { all, running, calls, started };
}

test('a node that comes is watched, and who uses it is told only when nobody watched it before', async () => {
  const { all, running, started } = watches();
  running.add('n1');
  all.came('n1');
  all.came('n2');
  await vi.waitFor(() => expect(started).toEqual(['n2']));
});

test('a node that leaves and comes back at once goes on being watched', async () => {
  const { all, calls, started } = watches();
  all.came('n1');
  await vi.waitFor(() => expect(started).toEqual(['n1']));
  all.left('n1');
  all.came('n1');
  await vi.waitFor(() => expect(calls.at(-1)).toBe('resume n1'));
  expect(started).toEqual(['n1', 'n1']);
});

test('a node that left is watched no longer', async () => {
  const { all, calls } = watches();
  all.came('n1');
  await vi.waitFor(() => expect(calls).toEqual(['start n1']));
  all.left('n1');
  await vi.waitFor(() => expect(calls.at(-1)).toBe('end n1'));
  all.seeToAll();
  expect(calls).toHaveLength(2);
});

test('a watch that was ended by hand is started again', async () => {
  const { all, running, started } = watches();
  all.came('n1');
  await vi.waitFor(() => expect(started).toHaveLength(1));
  running.delete('n1');
  all.seeToAll();
  await vi.waitFor(() => expect(started).toEqual(['n1', 'n1']));
});
