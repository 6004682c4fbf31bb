/** What an upgrade of Keelson in the middle of a create must not do to it. */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { layoutOf, type CurveContext } from '../../../src/systems/curve/layout.ts';
import { versioning } from '../../../src/workers/build.ts';
import { deploymentName } from '../../../src/workflows/ids.ts';
import { apply, view } from '../../support/cluster-client.ts';
import {
  CONTROL_QUEUE,
  curveRef,
  entityWorkflowId,
  INSTALLATION,
  nodeQueue,
  probeQueue,
  WAIT_QUEUE,
} from '../../support/curve-ids.ts';
import { controlWorkers } from '../../support/control-workers.ts';
import { curveSpec } from '../../support/curve-spec.ts';
import { eventually } from '../../support/eventually.ts';
import { bundleOf, startTemporal, versionedBundle, withWorkers } from '../../support/temporal.ts';
import { World } from '../../support/world.ts';

const NODES = ['node1', 'node2', 'node3'];
const DEPLOYMENT = deploymentName(INSTALLATION);

let temporal: TestWorkflowEnvironment;
let world: World;

beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(() => temporal.teardown());
beforeEach(() => {
  world = new World(NODES);
});

type Activities = ReturnType<World['control']>;

/** The control worker of one build; Temporal's records name it by its build. */
const controlWorkersOf = (buildId: string, workflowBundle: WorkflowBundle, activities: Activities) =>
  controlWorkers({
    connection: temporal.nativeConnection,
    identity: buildId,
    activities,
    // Every task replays the whole history: what is not deterministic shows itself.
    workflows: { workflowBundle, maxCachedWorkflows: 0 },
    ...versioning({ deploymentName: DEPLOYMENT, buildId }),
  });

/** Node workers have no build: they are called by operations of any. */
const nodeWorkers = () =>
  Promise.all(
    NODES.flatMap((node) =>
      [nodeQueue(node), probeQueue(node)].map((taskQueue) =>
        Worker.create({
          connection: temporal.nativeConnection,
          taskQueue,
          activities: world.node(node),
          maxHeartbeatThrottleInterval: '1s',
        }),
      ),
    ),
  );

const makeCurrent = (buildId: string) =>
  eventually(
    `${buildId} is current`,
    () =>
      temporal.client.workflowService.setWorkerDeploymentCurrentVersion({
        namespace: 'default',
        deploymentName: DEPLOYMENT,
        buildId,
        ignoreMissingTaskQueues: true,
      }),
    () => true,
    30_000,
  );

const fetchEvents = async (workflowId: string) =>
  (await temporal.client.workflow.getHandle(workflowId).fetchHistory()).events ?? [];

const onControl = (queue: string): boolean => [CONTROL_QUEUE, WAIT_QUEUE].includes(queue);

/** Who ran the code of an execution, and the activities of the control plane that it called. */
async function buildsOf(workflowId: string): Promise<string[]> {
  const events = await fetchEvents(workflowId);
  const scheduled = new Set(
    events
      .filter((e) => onControl(e.activityTaskScheduledEventAttributes?.taskQueue?.name ?? ''))
      .map((e) => String(e.eventId)),
  );
  const builds = events.flatMap(({ workflowTaskCompletedEventAttributes: task, ...e }) => {
    const activity = e.activityTaskStartedEventAttributes;
    if (task) return [task.identity ?? ''];
    return activity && scheduled.has(String(activity.scheduledEventId)) ? [activity.identity ?? ''] : [];
  });
  return [...new Set(builds)];
}

async function activitiesOf(workflowId: string): Promise<string[]> {
  const events = await fetchEvents(workflowId);
  return events.flatMap((e) => e.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
}

test('an operation half way goes on under the build that began it, on the layout that it began with', async () => {
  const held = Promise.withResolvers<void>();
  world.before = async (activity) => {
    if (activity === 'awaitEtcd') await held.promise;
  };
  const one = world.control();
  const name = 'upgraded';
  const manifest = (generation: number) => ({ uid: 'uid-00000001', generation, spec: curveSpec(NODES) });
  const started = await withWorkers(
    [...(await controlWorkersOf('one', await versionedBundle(), one)), ...(await nodeWorkers())],
    async () => {
      await makeCurrent('one');
      const { operation } = await apply(temporal.client, name, manifest(1));
      await eventually(
        'etcd is waited for',
        async () => world.count('awaitEtcd'),
        (n) => n > 0,
        30_000,
      );

      // The new build puts daemons on other ports, and takes other steps.
      const computeLayout = async (input: Parameters<typeof layoutOf>[0]) => {
        const layout = layoutOf(input);
        const mds = layout.context.mds.map((m) => ({ ...m, port: m.port + 1_000 }));
        return { ...layout, context: { ...layout.context, mds } };
      };
      const two = { ...one, calls: { ...one.calls, 'curve.computeLayout': computeLayout } };
      return withWorkers(await controlWorkersOf('two', await bundleOf('./next-build.ts'), two), async () => {
        await makeCurrent('two');
        held.resolve();
        const handle = temporal.client.workflow.getHandle(operation);
        expect(await handle.result()).toBe('Succeeded');

        expect(await buildsOf(operation)).toEqual(['one']);
        for (const batch of (await view(temporal.client, operation)).children)
          expect(await buildsOf(batch)).toEqual(['one']);
        const contexts = world.calls.flatMap(({ input }) => {
          const { context } = (input ?? {}) as { context?: CurveContext };
          return context ? [context] : [];
        });
        expect(contexts.length).toBeGreaterThan(10);
        expect(new Set(contexts.map(({ mds }) => JSON.stringify(mds)))).toHaveLength(1);

        // What lives long moves on, and begins the next operation under the new build.
        const next = await apply(temporal.client, name, manifest(2));
        const begun = () => activitiesOf(next.operation);
        await eventually('the next one has begun', begun, (a) => a.includes('curve.observeMds'), 30_000);
        expect(await buildsOf(next.operation)).toEqual(['two']);
        expect(await buildsOf(entityWorkflowId(curveRef(name)))).toEqual(['one', 'two']);
        await temporal.client.workflow
          .getHandle(next.operation)
          .result()
          .catch(() => undefined);
        return operation;
      });
    },
  );

  // The hazard is real: under the new build the first operation would not have come further than its first steps.
  const { events } = await temporal.client.workflow.getHandle(started).fetchHistory();
  const workflowBundle = await bundleOf('./next-build.ts');
  await expect(Worker.runReplayHistory({ workflowBundle }, { events }, started)).rejects.toThrow(
    'Nondeterminism',
  );
});
