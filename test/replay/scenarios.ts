import type { Client } from '@temporalio/client';
import type { OperationState } from '../../src/systems/operation.ts';
import { healthQuery, retryUpdate } from '../../src/workflows/messages.ts';
import { nodeWatchWorkflowId, planWorkflowId } from '../../src/workflows/ids.ts';
import { viewNode } from '../../src/requests/nodes.ts';
import { handToHealthCheck } from '../../src/requests/submit.ts';
import { SYSTEMS } from '../../src/systems/registry.ts';
import { apply, view } from '../support/cluster-client.ts';
import {
  CONTROL_QUEUE,
  curveRef,
  entityWorkflowId,
  healthCheckWorkflowId,
  INSTALLATION,
} from '../support/curve-ids.ts';
import { curveSpec } from '../support/curve-spec.ts';
import { eventually } from '../support/eventually.ts';
import { World } from '../support/world.ts';

/** What a scenario works with. */
export interface Recorder {
  readonly client: Client;
  /** Runs the node workers of these nodes from now on, until the scenario ends. */
  readonly startNodes: (...nodes: readonly string[]) => Promise<void>;
  /** Writes the history of an execution as it is now, under this name. */
  readonly record: (name: string, workflowId: string) => Promise<void>;
}

/** One world, and what happens in it. */
export interface Scenario {
  readonly world: World;
  readonly run: (recorder: Recorder) => Promise<void>;
}

const NODES = ['node1', 'node2', 'node3'];
const UID = '29cbe963-0d5b-4d6e-9a51-2f6f3f1d2a10';

/** What a user lives through with a cluster. Each workflow type is in at least one of them. */
export const scenarios = (): readonly Scenario[] => [firstCreateAndChanges(), lostNode(), refused()];

/** Waits for the end of an operation; another end than the story tells is no story to record. */
async function ends(client: Client, operation: string, as: OperationState): Promise<void> {
  const closed = await eventually(
    `${operation} has ended`,
    async () => (await view(client, operation)).state,
    (state) => state !== 'Running',
    60_000,
  );
  if (closed !== as) throw new Error(`${operation} should have ended as ${as}, not as ${closed}`);
  // Its last task is in the history as well.
  await client.workflow
    .getHandle(operation)
    .result()
    .catch(() => undefined);
}

const manifest = (generation: number) => ({ uid: UID, generation, spec: curveSpec(NODES) });

/** A create, what only looks at the cluster, a changed setting, and a manifest that overtakes the one before. */
function firstCreateAndChanges(): Scenario {
  const world = new World(NODES);
  const name = 'created';
  const resource = curveRef(name);
  const entity = entityWorkflowId(resource);
  return {
    world,
    run: async ({ client, startNodes, record }) => {
      await startNodes(...NODES);
      await look(client, record);

      const create = await apply(client, name, manifest(1));
      await ends(client, create.operation, 'Succeeded');
      await record('operation-first-create', create.operation);
      await record('node-batch-first-create', `${create.operation}/nodes/0`);
      await record('entity-one-apply', entity);
      await checkHealth(client, record);

      world.outdated.set('etcd', ['a', 'b', 'c']);
      world.running.delete('etcd');
      const change = await apply(client, name, manifest(2));
      await ends(client, change.operation, 'Succeeded');
      await record('operation-changed-setting', change.operation);
      world.outdated.clear();

      const held = Promise.withResolvers<void>();
      world.running.delete('mds');
      world.before = async (activity) => {
        if (activity === 'awaitMds') await held.promise;
      };
      const overtaken = await apply(client, name, manifest(3));
      await eventually(
        'mds is waited for',
        async () => world.calls.at(-1)?.activity,
        (activity) => activity === 'awaitMds',
        30_000,
      );
      const newest = await apply(client, name, manifest(4));
      world.before = () => undefined;
      held.resolve();
      await ends(client, overtaken.operation, 'Superseded');
      await record('operation-superseded', overtaken.operation);
      await ends(client, newest.operation, 'Succeeded');
      await record('entity-many-applies', entity);
    },
  };

  async function look(client: Client, record: Recorder['record']): Promise<void> {
    const plan = planWorkflowId(INSTALLATION, 'recorded');
    const spec = curveSpec(NODES);
    const started = { taskQueue: CONTROL_QUEUE, workflowId: plan, args: [{ resource, spec }] };
    await client.workflow.execute('curvePlan', started);
    await record('plan', plan);
    const ours = { client, installation: INSTALLATION };
    await viewNode(ours, 'node1');
    world.report('node1', { disks: [] });
    await eventually(
      'the node tells a change',
      () => viewNode(ours, 'node1'),
      ({ disks }) => disks?.length === 0,
      30_000,
    );
    await record('node-watch', nodeWatchWorkflowId(INSTALLATION, 'node1'));
  }

  async function checkHealth(client: Client, record: Recorder['record']): Promise<void> {
    const workflowId = healthCheckWorkflowId(resource);
    const { kind } = SYSTEMS.kindOf(resource);
    const ours = { client, installation: INSTALLATION };
    await handToHealthCheck(ours, kind, { resource, ...manifest(1) });
    const handle = client.workflow.getHandle(workflowId);
    const said = (ready: boolean) =>
      eventually(
        `Ready is ${ready}`,
        () => handle.query(healthQuery),
        ({ verdict }) => verdict?.ready === ready,
        30_000,
      );
    await said(true);
    const well = world.verdict;
    world.found({ ready: false, reason: 'EtcdUnhealthy', message: 'etcd a does not answer' });
    await said(false);
    world.found(well);
    await said(true);
    await record('health-check', workflowId);
  }
}

/** A node that is away when the create begins, is named, and comes back. */
function lostNode(): Scenario {
  const away = 'node3';
  return {
    world: new World(NODES),
    run: async ({ client, startNodes, record }) => {
      await startNodes(...NODES.filter((node) => node !== away));
      const { operation } = await apply(client, 'node-lost', manifest(1));
      await eventually(
        'the node is named',
        () => view(client, operation),
        ({ phases }) => phases.some(({ blocked }) => blocked.includes(away)),
        60_000,
      );
      await startNodes(away);
      await ends(client, operation, 'Succeeded');
      await record('operation-node-lost', operation);
      await record('node-batch-node-lost', `${operation}/nodes/0`);
    },
  };
}

/** A disk that is not ours stops the create before the first write; once it is gone the person retries. */
function refused(): Scenario {
  const world = new World(NODES);
  let foreign = true;
  world.inspected = (name, found) => {
    if (!foreign || name !== 'node2') return found;
    const findings = [{ kind: 'filesystem' as const, detail: 'it holds an xfs file system' }];
    return {
      ...found,
      disks: found.disks.map(({ disk }) => ({ disk: { ...disk, findings }, stage: 'refused' })),
    };
  };
  return {
    world,
    run: async ({ client, startNodes, record }) => {
      await startNodes(...NODES);
      const first = await apply(client, 'refused', manifest(1));
      await ends(client, first.operation, 'Failed');
      await record('operation-refused', first.operation);
      foreign = false;
      const entity = client.workflow.getHandle(entityWorkflowId(curveRef('refused')));
      const again = await entity.executeUpdate(retryUpdate, {
        args: [{ operation: first.operation }],
        updateId: `retry/${first.operation}`,
      });
      await ends(client, again.operation, 'Succeeded');
      await record('operation-retried', again.operation);
    },
  };
}
