import { expect, test } from 'vitest';
import { BatchProgress } from './batch-progress.ts';

const task = (node: string) => ({ node, phases: ['preflight', 'format'], claimAwaited: true });

test('a node that falls silent after it passed a phase holds up the next one, not the one it has passed', () => {
  const card = new BatchProgress(0, [task('node1'), task('node2')]);
  card.start('node1', 'preflight');
  card.finish('node1', 'preflight', 'done');
  card.answers('node1', false);
  card.answers('node2', false);
  expect(card.report().blocked).toEqual([
    { node: 'node1', phase: 'format' },
    { node: 'node2', phase: 'preflight' },
  ]);
});

test('a node that is through is no longer missed', () => {
  const card = new BatchProgress(0, [task('node1')]);
  card.answers('node1', false);
  card.complete('node1');
  card.answers('node1', false);
  expect(card.report().blocked).toEqual([]);
});

test('what a failure says breaks no table in the Temporal UI', () => {
  const card = new BatchProgress(0, [task('node1')]);
  card.start('node1', 'format');
  card.fail('node1', { message: 'first | line\nsecond', next: 'name another disk' });
  expect(card.markdown()).toContain('| node1 | format | ✘ first \\| line; second. Next: name another disk |');
});
