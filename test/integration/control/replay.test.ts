import { randomUUID } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowBundle } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { versioning } from '../../../src/workers/build.ts';
import { type Replayed, replayOpen, replayTable } from '../../../src/workers/replay.ts';
import { deploymentName } from '../../../src/workflows/ids.ts';
import { apply } from '../../support/cluster-client.ts';
import { curveRef, entityWorkflowId, INSTALLATION } from '../../support/curve-ids.ts';
import { controlWorkers } from '../../support/control-workers.ts';
import { curveSpec } from '../../support/curve-spec.ts';
import { eventually } from '../../support/eventually.ts';
import { bundleOf, startTemporal, versionedBundle, withWorkers } from '../../support/temporal.ts';
import { World } from '../../support/world.ts';

const NODES = ['node1', 'node2', 'node3'];
const version = { deploymentName: deploymentName(INSTALLATION), buildId: 'running' };

let temporal: TestWorkflowEnvironment;
let entity: string;
let operation: string;

/** A cluster whose operation is still open, begun by a build that has ended by now. */
beforeAll(async () => {
  temporal = await startTemporal();
  const workers = await controlWorkers({
    connection: temporal.nativeConnection,
    activities: new World(NODES).control(),
    workflows: { workflowBundle: await versionedBundle() },
    ...versioning(version),
  });
  const { workflowService } = temporal.client;
  const name = `c-${randomUUID().slice(0, 8)}`;
  entity = entityWorkflowId(curveRef(name));
  await withWorkers(workers, async () => {
    const request = { namespace: 'default', ...version, ignoreMissingTaskQueues: true };
    const promote = () => workflowService.setWorkerDeploymentCurrentVersion(request);
    await eventually('the build is current', promote, () => true, 30_000);
    const manifest = { uid: 'uid-00000001', generation: 1, spec: curveSpec(NODES) };
    ({ operation } = await apply(temporal.client, name, manifest));
    // Its nodes have no worker: it cannot end.
    const batch = temporal.client.workflow.getHandle(`${operation}/nodes/0`);
    await eventually(
      'it has come to its nodes',
      () => batch.describe(),
      () => true,
      30_000,
    );
  });
  const { nativeConnection: connection } = temporal;
  await eventually(
    'Temporal lists them',
    () =>
      connection.workflowService.countWorkflowExecutions({
        namespace: 'default',
        query: 'ExecutionStatus = "Running" AND TemporalWorkerDeploymentVersion IS NOT NULL',
      }),
    ({ count }) => Number(count) === 3,
    30_000,
  );
});
afterAll(() => temporal.teardown());

const replay = (workflowBundle: WorkflowBundle, buildId: string, installation = INSTALLATION) =>
  replayOpen({ client: temporal.client, installation, workflows: { workflowBundle }, buildId });

const outcomes = (results: readonly Replayed[]): Record<string, string> =>
  Object.fromEntries(results.map(({ workflowId, outcome }) => [workflowId, outcome]));

test('all that is open replays on the build that runs', async () => {
  expect(outcomes(await replay(await versionedBundle(), 'running'))).toEqual({
    [entity]: 'replays',
    [operation]: 'replays',
    [`${operation}/nodes/0`]: 'replays',
  });
});

test('for a new build, what is pinned stays and the rest is replayed', async () => {
  const results = await replay(await versionedBundle(), 'new');
  expect(outcomes(results)).toEqual({
    [entity]: 'replays',
    [operation]: 'stays',
    [`${operation}/nodes/0`]: 'stays',
  });
  expect(results.find((r) => r.workflowId === operation)?.detail).toBe('pinned to build running');
});

test('a build whose long-lived workflow took another way is found out, and named in the last line', async () => {
  const results = await replay(await bundleOf('./renamed-steps.ts'), 'new');
  expect(outcomes(results)[entity]).toBe('fails');
  expect(replayTable(results).split('\n').at(-1)).toMatch(new RegExp(`^fails +${entity} +\\S`));
});

test('executions of another installation are none of ours', async () => {
  expect(await replay(await versionedBundle(), 'new', 'other')).toEqual([]);
});
