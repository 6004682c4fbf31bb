import { readdirSync, readFileSync } from 'node:fs';
import { Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { workflowBundle } from '../support/temporal.ts';

const HISTORIES = new URL('histories/', import.meta.url);

/** Recorded on the sandbox; the id matters, since operations derive their children's from it. */
const RECORDED = {
  'entity-one-apply.json': 'curve/curve/curve',
  'entity-many-applies.json': 'curve/curve/curve',
  'operation-first-create.json': 'curve/curve/curve/29cbe963-1-1',
  'node-batch-first-create.json': 'curve/curve/curve/29cbe963-1-1/nodes/0',
  'operation-changed-setting.json': 'curve/curve/curve/51cef2f7-2-1',
  'operation-superseded.json': 'curve/curve/curve/51cef2f7-4-1',
  'operation-node-lost.json': 'curve/curve/curve/e21e86a7-1-1',
  'node-batch-node-lost.json': 'curve/curve/curve/e21e86a7-1-1/nodes/0',
  'operation-refused.json': 'curve/curve/curve/69f6d1fd-1-1',
  'operation-retried.json': 'curve/curve/curve/69f6d1fd-1-3',
  'devices.json': 'devices/node2',
  'health-check.json': 'health/curve/curve',
  'plan.json': 'plan/bfadf28c-f604-4bbe-b84d-80faaf8f50f0',
};

/**
 * One that no longer replays means that operations which run now would break when Keelson is upgraded: guard the change
 * with `patched`, and never record an old one again (from the first release on: none is out yet).
 */
test.each(Object.entries(RECORDED))('%s replays on the workflows of today', async (file, workflowId) => {
  const history: unknown = JSON.parse(readFileSync(new URL(file, HISTORIES), 'utf8'));
  const replay = Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, workflowId);
  await expect(replay).resolves.toBeUndefined();
});

test('every recorded history is replayed', () => {
  expect(readdirSync(HISTORIES).sort()).toEqual(Object.keys(RECORDED).sort());
});
