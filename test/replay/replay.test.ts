import { readdirSync, readFileSync } from 'node:fs';
import { Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { workflowBundle } from '../support/temporal.ts';

const HISTORIES = new URL('histories/', import.meta.url);

/** Recorded on the sandbox; the id matters, since operations derive their children's from it. */
const RECORDED = {
  'cluster-one-apply.json': 'curve/curve/curve',
  'converge-first-create.json': 'curve/curve/curve/e274efaf-1-1',
  'nodes-first-create.json': 'curve/curve/curve/e274efaf-1-1/nodes/0',
  'converge-changed-setting.json': 'curve/curve/curve/c021b020-2-1',
  'converge-superseded.json': 'curve/curve/curve/c021b020-3-1',
  'look.json': 'look/curve/curve',
  'plan.json': 'plan/bfadf28c-f604-4bbe-b84d-80faaf8f50f0',
};

/**
 * One that no longer replays means that operations which run now would break when Keelson is upgraded: guard the change
 * with `patched`, and never record an old one anew (from the first release on: none is out yet).
 */
test.each(Object.entries(RECORDED))('%s replays on the workflows of today', async (file, workflowId) => {
  const history: unknown = JSON.parse(readFileSync(new URL(file, HISTORIES), 'utf8'));
  const replay = Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, workflowId);
  await expect(replay).resolves.toBeUndefined();
});

test('every recorded history is replayed', () => {
  expect(readdirSync(HISTORIES).sort()).toEqual(Object.keys(RECORDED).sort());
});
