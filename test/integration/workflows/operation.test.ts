import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { cancelled } from '@temporalio/activity';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ApplyStep, AwaitStep } from '../../../src/activities/curve/contract.ts';
import { clusterQuery, retryUpdate } from '../../../src/workflows/messages.ts';
import { CLUSTER, PHASE, SYSTEM } from '../../../src/workflows/search-attributes.ts';
import type { NodeFindings } from '../../../src/activities/node/contract.ts';
import type { PoolFacts } from '../../../src/systems/curve/facts.ts';
import type { PhaseView } from '../../../src/systems/phases.ts';
import type { curveCluster } from '../../../src/workflows/curve/cluster.ts';
import { apply, view } from '../../support/cluster-client.ts';
import { controlWorkers } from '../../support/control-workers.ts';
import { curveSpec } from '../../support/curve-spec.ts';
import { eventually } from '../../support/eventually.ts';
import { tcpProxy } from '../../support/tcp-proxy.ts';
import { startTemporal, withWorkers, workflowBundle } from '../../support/temporal.ts';
import { World } from '../../support/world.ts';
import { CONTROL_QUEUE, entityWorkflowId, nodeQueue, probeQueue, curveRef } from '../../support/curve-ids.ts';

const NODES = ['node1', 'node2', 'node3'];

let temporal: TestWorkflowEnvironment;
let world: World;
let name: string;

beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(() => temporal.teardown());
beforeEach(() => {
  world = new World(NODES);
  name = `c-${randomUUID().slice(0, 8)}`;
});

async function workers(nodes: readonly string[] = NODES): Promise<Worker[]> {
  const control = await controlWorkers({
    connection: temporal.nativeConnection,
    activities: world.control(),
    // Every workflow task replays the whole history: what is not deterministic shows itself.
    workflows: { workflowBundle: await workflowBundle(), maxCachedWorkflows: 0 },
  });
  return [...control, ...(await nodeWorkers(nodes))];
}

function nodeWorkers(nodes: readonly string[], connection = temporal.nativeConnection): Promise<Worker[]> {
  const queues = nodes.flatMap((node) =>
    [nodeQueue(node), probeQueue(node)].map((queue) => ({ node, queue })),
  );
  return Promise.all(
    queues.map(({ node, queue }) =>
      Worker.create({
        connection,
        taskQueue: queue,
        activities: world.node(node),
        maxHeartbeatThrottleInterval: '1s',
      }),
    ),
  );
}

const document = (generation = 1, uid = 'uid-00000001') => ({ uid, generation, spec: curveSpec(NODES) });
/** How the operation ends. The answer to an apply names it before it is started: a running one may have to leave first. */
async function result(operation: string): Promise<unknown> {
  const handle = temporal.client.workflow.getHandle(operation);
  await eventually(
    'the operation is started',
    () => handle.describe(),
    () => true,
    20_000,
  );
  return handle.result();
}

/** A message as people read it: the type first. */
const toldAs = (message = ''): { readonly type?: string | undefined; readonly text?: string | undefined } => {
  const [, type, text] = /^(\w+): ([^]*)$/.exec(message) ?? [];
  return { type, text };
};

describe('an operation', () => {
  test('goes through every phase in order, each activity at its first attempt', async () => {
    await withWorkers(await workers(), async () => {
      const { operation } = await apply(temporal.client, name, document());
      expect(await result(operation)).toBe('Succeeded');

      const { phases, transitions } = await view(temporal.client, operation);
      expect(phases.map((p) => [p.name, p.state, p.nodes.done])).toEqual([
        ['preflight', 'Done', 3],
        ['format', 'Done', 3],
        ['chunkfilepool', 'Done', 3],
        ['etcd', 'Done', 3],
        ['mds', 'Done', 3],
        ['physicalPool', 'Done', 3],
        ['chunkservers', 'Done', 3],
        ['logicalPool', 'Done', 1],
        ['snapshotclone', 'Skipped', 0],
      ]);
      expect(transitions.map((t) => t.sequence)).toEqual(transitions.map((_, i) => i + 1));
      expect(world.count('formatDisks')).toBe(3);
      expect(world.count('createPhysicalPool')).toBe(1);
      expect(world.statuses.at(-1)?.state).toBe('Succeeded');
      expect(world.events).toContain('OperationSucceeded');
    });
  });

  test('is told in the Temporal UI: what runs and where, every step in words, and whom to search for', async () => {
    const held = Promise.withResolvers<void>();
    world.before = async (activity) => {
      if (activity === 'awaitMds') await held.promise;
    };
    await withWorkers(await workers(), async () => {
      const { operation } = await apply(temporal.client, name, document());
      const handle = temporal.client.workflow.getHandle(operation);
      const described = await eventually(
        'mds is shown as the phase that runs',
        () => handle.describe(),
        (d) => d.typedSearchAttributes.get(PHASE) === 'mds',
        20_000,
      );
      expect(described.typedSearchAttributes.get(SYSTEM)).toBe('curve');
      expect(described.typedSearchAttributes.get(CLUSTER)).toBe(`curve/${name}`);
      expect(await described.staticSummary()).toBe(`Curve cluster curve/${name}, generation 1`);
      const { currentDetails } = await handle.query<{ currentDetails: string }>(
        '__temporal_workflow_metadata',
      );
      expect(currentDetails).toContain(`**curve/${name}**, generation 1, attempt 1`);
      expect(currentDetails).toMatch(/^\| etcd +\| ✔ Done +\| 3 of 3 /m);
      expect(currentDetails).toMatch(/^\| mds +\| ▶ Running /m);

      held.resolve();
      await result(operation);
      const { children } = await view(temporal.client, operation);
      for (const id of [operation, ...children, entityWorkflowId({ namespace: 'curve', name })]) {
        const { events } = await temporal.client.workflow.getHandle(id).fetchHistory();
        const silent = (events ?? [])
          .filter((e) => e.activityTaskScheduledEventAttributes ?? e.timerStartedEventAttributes)
          .filter((e) => !e.userMetadata?.summary)
          .map(
            (e) => e.activityTaskScheduledEventAttributes?.activityType?.name ?? `timer ${String(e.eventId)}`,
          );
        expect(silent, `steps of ${id} without words`).toEqual([]);
      }
    });
  });

  test('started again on a finished cluster skips everything and writes nothing', async () => {
    await withWorkers(await workers(), async () => {
      await result((await apply(temporal.client, name, document(1))).operation);
      const acts = [
        'formatDisks',
        'applyChunkFormatJobs',
        'applyEtcd',
        'createPhysicalPool',
        'applyChunkservers',
      ];
      const before = acts.map((a) => world.count(a));

      const again = await apply(temporal.client, name, document(2));
      expect(await result(again.operation)).toBe('Succeeded');

      expect(acts.map((a) => world.count(a))).toEqual(before);
      const { phases } = await view(temporal.client, again.operation);
      expect(phases.filter((p) => p.state !== 'Skipped').map((p) => p.name)).toEqual(['preflight']);
    });
  });

  test('changes what runs one after the other, after what does not run; each is awaited', async () => {
    world.outdated.set('etcd', ['a', 'c']);
    await withWorkers(await workers(), async () => {
      expect(await result((await apply(temporal.client, name, document())).operation)).toBe('Succeeded');
      const etcd = world.calls.filter((c) => ['applyEtcd', 'awaitEtcd'].includes(c.activity));
      const of = (input: unknown) =>
        (input as Partial<ApplyStep & AwaitStep>).instances ?? (input as AwaitStep).instance;
      expect(etcd.map(({ activity, input }) => [activity, of(input)])).toEqual([
        ['applyEtcd', ['b']],
        ['awaitEtcd', 'b'],
        ['applyEtcd', ['a']],
        ['awaitEtcd', 'a'],
        ['applyEtcd', ['c']],
        ['awaitEtcd', 'c'],
        ['awaitEtcd', undefined],
      ]);
    });
  });

  test('refuses before the first write on any node when one disk is foreign', async () => {
    const node2 = world.node('node2');
    world.node = (node) =>
      node !== 'node2'
        ? new World(NODES).node(node)
        : {
            ...node2,
            inspectNode: async (input) => {
              const found = await node2.inspectNode(input);
              const findings = [{ kind: 'filesystem' as const, detail: 'it holds an xfs file system' }];
              return {
                ...found,
                disks: found.disks.map(({ disk }) => ({
                  disk: { ...disk, findings },
                  stage: 'refused' as const,
                })),
              };
            },
          };
    await withWorkers(await workers(), async () => {
      const { operation } = await apply(temporal.client, name, document());
      const next = expect.stringMatching(/^name an empty disk, or/) as string;
      await expect(result(operation)).rejects.toMatchObject({
        cause: { type: 'OperationFailed', details: [{ next }] },
      });
      const told = await view(temporal.client, operation);
      expect(told).toMatchObject({ state: 'Failed', next });
      expect(told.phases[0]).toMatchObject({ name: 'preflight', state: 'Failed', next });
      expect(toldAs(told.message)).toEqual({
        type: 'NodesFailed',
        text: 'NodeRefused: node2: /dev/vdc is not touched: it holds an xfs file system',
      });
      expect(told.phases[0]?.lastError).toBe(toldAs(told.message).text);
      expect(world.count('formatDisks')).toBe(0);
      expect(world.count('applyEtcd')).toBe(0);
    });
  });

  const STRANGER = { name: 'x_0_0', ip: '10.9.9.9', port: 0, id: 9, zoneId: 9, poolId: 1 };
  const ON_STRANGER = { id: 9, ip: '10.9.9.9', port: 1, onlineState: 'ONLINE', copysets: 1 } as const;
  test.each<{ type: string; phase: string; says: (facts: PoolFacts) => PoolFacts; next: RegExp }>([
    {
      type: 'PhysicalPoolRefused',
      phase: 'physicalPool',
      says: (facts) => ({ ...facts, servers: [STRANGER], chunkservers: [ON_STRANGER] }),
      next: /^bring spec\.storage back/,
    },
    {
      type: 'PhysicalPoolWrong',
      phase: 'physicalPool',
      says: (facts) => ({ ...facts, servers: [], chunkservers: [] }),
      next: /curve_ops_tool server-list/,
    },
    {
      type: 'LogicalPoolRefused',
      phase: 'logicalPool',
      says: (facts) => ({
        ...facts,
        logicalPools: [{ id: 1, name: 'pool1', physicalPoolId: 7, copysets: 100 }],
      }),
      next: /^bring spec\.storage back/,
    },
    {
      type: 'LogicalPoolWrong',
      phase: 'logicalPool',
      says: (facts) => ({ ...facts, logicalPools: [] }),
      next: /curve_ops_tool logical-pool-list/,
    },
  ])('ends with $type when mds is not what the layout needs', async ({ type, phase, says, next }) => {
    world.mdsSays = says;
    await withWorkers(await workers(), async () => {
      const { operation } = await apply(temporal.client, name, document());
      await expect(result(operation)).rejects.toMatchObject({ cause: { type: 'OperationFailed' } });
      const told = await view(temporal.client, operation);
      expect(toldAs(told.message).type).toBe(type);
      expect(told.next).toMatch(next);
      const failed = told.phases.filter((p) => p.state === 'Failed');
      expect(failed).toMatchObject([{ name: phase, lastError: told.message, next: told.next }]);
      expect(world.count('createPhysicalPool')).toBe(type === 'PhysicalPoolRefused' ? 0 : 1);
    });
  });

  test('nodes that are refused for different reasons keep a next step each, where people read', async () => {
    const refusals: Readonly<Record<string, Partial<NodeFindings>>> = {
      node1: { ports: [{ port: 6700, ip: '', service: 'mds a', by: 'sshd', ours: false }] },
      node3: { leftovers: [{ path: '/curvebs', detail: 'data of somebody', next: 'choose another folder' }] },
    };
    world.inspected = (node, findings) => ({ ...findings, ...refusals[node] });
    await withWorkers(await workers(), async () => {
      const { operation } = await apply(temporal.client, name, document());
      await expect(result(operation)).rejects.toMatchObject({ cause: { type: 'OperationFailed' } });
      const { message, next, phases } = await view(temporal.client, operation);
      expect(message).toContain('port 6700 of mds a is taken on node1 by sshd');
      expect(message).toContain('/curvebs on node3 is in the way: data of somebody');
      expect(next?.split('\n').toSorted()).toEqual([
        'node1: stop it or choose another port',
        'node3: choose another folder',
      ]);
      expect(phases[0]).toMatchObject({ state: 'Failed', next });
      expect(world.statuses.at(-1)?.phases[0]).toMatchObject({ name: 'preflight', next });
    });
  });

  test('that was never started cannot be retried', async () => {
    const ref = curveRef(name);
    const pressed = withWorkers(await workers(), () =>
      temporal.client.workflow.executeUpdateWithStart(retryUpdate, {
        args: [{ operation: 'none' }],
        startWorkflowOperation: new WithStartWorkflowOperation<typeof curveCluster>('curveCluster', {
          workflowId: entityWorkflowId(ref),
          taskQueue: CONTROL_QUEUE,
          args: [ref],
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      }),
    );
    await expect(pressed).rejects.toMatchObject({
      cause: { type: 'NothingToRetry', details: [{ next: 'apply the manifest' }] },
    });
  });

  test('is what a batch of nodes belongs to: one that a person starts by hand says so and ends', async () => {
    const started = withWorkers(await workers(), () =>
      temporal.client.workflow.execute('curveNodeBatch', {
        workflowId: `${entityWorkflowId(curveRef(name))}/by-hand`,
        taskQueue: CONTROL_QUEUE,
        args: [{ context: {}, tasks: [], batch: 0 }],
      }),
    );
    await expect(started).rejects.toMatchObject({ cause: { type: 'BatchWithoutOperation' } });
  });

  test('that failed is retried from where it stopped, and pressing twice starts one', async () => {
    world.before = (activity) => {
      if (activity === 'createLogicalPool')
        throw ApplicationFailure.nonRetryable('too few zones', 'CannotMakeCopysets');
    };
    await withWorkers(await workers(), async () => {
      const first = await apply(temporal.client, name, document());
      await expect(result(first.operation)).rejects.toThrow('Workflow execution failed');
      world.before = () => undefined;

      const entity = temporal.client.workflow.getHandle(entityWorkflowId({ namespace: 'curve', name }));
      const press = () =>
        entity.executeUpdate(retryUpdate, {
          args: [{ operation: first.operation }],
          updateId: `retry/${first.operation}`,
        });
      const [one, two] = await Promise.all([press(), press()]);
      expect(one.operation).toBe(two.operation);
      expect(one.operation).toMatch(/-1-2$/);
      expect(await result(one.operation)).toBe('Succeeded');
      expect(world.count('formatDisks')).toBe(3);
    });
  });

  test('a newer generation supersedes a stuck one at a safe point; mkfs is not left half way', async () => {
    let release = (): void => undefined;
    const formatting = new Promise<void>((resolve) => (release = resolve));
    let inFormat = 0;
    let left = 0;
    world.before = async (activity) => {
      if (activity !== 'formatDisks' || left > 0) return;
      inFormat++;
      await formatting;
      left++;
    };
    await withWorkers(await workers(), async () => {
      const first = await apply(temporal.client, name, document(1));
      await eventually(
        'mkfs runs on three nodes',
        async () => inFormat,
        (n) => n === 3,
        30_000,
      );
      const second = await apply(temporal.client, name, document(2));
      expect(second.operation).not.toBe(first.operation);
      await eventually(
        'the first was told',
        () => temporal.client.workflow.getHandle(first.operation).fetchHistory(),
        (h) => JSON.stringify(h).includes('supersede'),
        30_000,
      );
      const state = await temporal.client.workflow.getHandle(first.operation).describe();
      expect(state.status.name).toBe('RUNNING');
      release();
      expect(await result(first.operation)).toBe('Superseded');
      expect(await result(second.operation)).toBe('Succeeded');
    });
  });

  test('the same document twice joins the first operation', async () => {
    await withWorkers(await workers(), async () => {
      const [a, b] = await Promise.all([
        apply(temporal.client, name, document()),
        apply(temporal.client, name, document()),
      ]);
      expect(a.operation).toBe(b.operation);
      expect(await result(a.operation)).toBe('Succeeded');
      expect(world.count('claimClusterId')).toBe(1);
    });
  });

  test('a document of a deleted resource is refused, one of the resource that lives now is taken', async () => {
    await withWorkers(await workers(), async () => {
      await result((await apply(temporal.client, name, document(1, 'uid-old-00'))).operation);
      world.liveUid = 'uid-new-00';
      await expect(apply(temporal.client, name, document(1, 'uid-gone-0'))).rejects.toMatchObject({
        cause: { type: 'StaleManifest', details: [{ next: expect.any(String) as string }] },
      });
      const taken = await apply(temporal.client, name, document(1, 'uid-new-00'));
      expect(await result(taken.operation)).toBe('Succeeded');
    });
  });
});

describe('a node that does not answer', () => {
  test('is named within 30 s while the others go on, and goes its own way when it is back', async () => {
    const away = 'node4';
    world = new World([...NODES, away]);
    const spec = curveSpec([...NODES, away]);
    await withWorkers(await workers(), async () => {
      const started = Date.now();
      const { operation } = await apply(temporal.client, name, { ...document(), spec });
      const named = await eventually(
        'node4 is named',
        () => view(temporal.client, operation),
        (v) => v.phases.some((p) => p.blocked.includes(away)),
        30_000,
      );
      expect(Date.now() - started).toBeLessThan(30_000);
      expect(named.state).toBe('Running');
      await eventually(
        'three nodes are through while the fourth is away',
        () => view(temporal.client, operation),
        (v) => v.phases.find((p) => p.name === 'chunkservers')?.nodes.done === NODES.length,
        60_000,
      );
      expect(world.count('createLogicalPool')).toBe(0);

      const back = await nodeWorkers([away]);
      await withWorkers(back, async () => expect(await result(operation)).toBe('Succeeded'));
      const { phases, transitions } = await view(temporal.client, operation);
      // Named where it was found missing; that phase stays open until it was checked.
      const told = transitions.filter((t) => t.state === 'Blocked' || t.state === 'Unblocked');
      expect(told.map((t) => [t.phase, t.state])).toEqual([
        ['preflight', 'Blocked'],
        ['preflight', 'Unblocked'],
      ]);
      expect(phases.flatMap((p) => p.blocked)).toEqual([]);
    });
  });

  test('that is cut off in the middle of its work is named within 30 s, in the resource too, and then goes on', async () => {
    const [host = '', port] = temporal.address.split(':');
    const proxy = await tcpProxy({ host, port: Number(port) });
    const cable = await NativeConnection.connect({ address: `127.0.0.1:${proxy.port}` });
    const isNamed = (phases: readonly PhaseView[]): boolean =>
      phases.some((p) => p.blocked.includes('node3'));
    const reached = Promise.withResolvers<void>();
    world.before = async (activity, node) => {
      if (activity !== 'formatDisks' || node !== 'node3') return;
      reached.resolve();
      await cancelled();
    };
    try {
      const present = await workers(NODES.filter((n) => n !== 'node3'));
      await withWorkers([...present, ...(await nodeWorkers(['node3'], cable))], async () => {
        const { operation } = await apply(temporal.client, name, document());
        await reached.promise;
        proxy.freeze();
        const named = await eventually(
          'node3 is named',
          () => view(temporal.client, operation),
          ({ phases }) => isNamed(phases),
          30_000,
        );
        expect(named.phases.find((p) => p.blocked.includes('node3'))?.name).toBe('format');
        await eventually(
          'the resource names it',
          async () => world.statuses.at(-1)?.phases ?? [],
          isNamed,
          30_000,
        );
        world.before = () => undefined;
        proxy.thaw();
        proxy.reset();
        expect(await result(operation)).toBe('Succeeded');
      });
    } finally {
      await cable.close();
      await proxy.end();
    }
  });

  test('is checked before anything of ours is put there, also when it comes back late', async () => {
    const late = 'node3';
    const present = await workers(NODES.filter((n) => n !== late));
    await withWorkers(present, async () => {
      const { operation } = await apply(temporal.client, name, document());
      await eventually(
        'etcd waits for the node',
        () => view(temporal.client, operation),
        (v) => v.phases.some((p) => p.name === 'etcd' && p.state === 'Running'),
        30_000,
      );
      const back = await nodeWorkers([late]);
      await withWorkers(back, async () => expect(await result(operation)).toBe('Succeeded'));
    });
    const order = world.calls.filter((c) => c.node === late || c.activity === 'applyEtcd');
    const first = (activity: string): number => order.findIndex((c) => c.activity === activity);
    expect(first('inspectNode')).toBeLessThan(first('claimHostDataDir'));
    expect(first('claimHostDataDir')).toBeLessThan(first('applyEtcd'));
  });

  test('keeps no daemon of the others from being made again, where it has run before', async () => {
    for (const [i, node] of NODES.entries()) {
      const id = 'abc'[i] ?? '';
      world.existing.push({ role: 'etcd', name: `c-etcd-${id}`, id, node, started: true, ports: {} });
    }
    await withWorkers(await workers(NODES.filter((n) => n !== 'node3')), async () => {
      await apply(temporal.client, name, document());
      const applied = await eventually(
        'etcd is applied while node3 is away',
        async () => world.count('applyEtcd'),
        Boolean,
        30_000,
      );
      expect(applied).toBe(1);
    });
  });

  test('is named also when no node answers at all, and nothing is done meanwhile', async () => {
    await withWorkers(await workers([]), async () => {
      const { operation } = await apply(temporal.client, name, document());
      await eventually(
        'all three are named',
        () => view(temporal.client, operation),
        (v) => v.phases[0]?.blocked.length === NODES.length,
        30_000,
      );
      const { phases } = await view(temporal.client, operation);
      expect(phases.map((p) => p.state)).toEqual(['Running', ...phases.slice(1).map(() => 'Pending')]);
    });
  });

  test('does not hold up the document that takes it out', async () => {
    const present = await workers(NODES.filter((n) => n !== 'node3'));
    await withWorkers(present, async () => {
      const first = await apply(temporal.client, name, document(1));
      await eventually(
        'node3 is named',
        () => view(temporal.client, first.operation),
        (v) => v.phases.some((p) => p.blocked.includes('node3')),
        30_000,
      );
      await apply(temporal.client, name, document(2));
      expect(await result(first.operation)).toBe('Superseded');
    });
  });
});

describe('what must not stick or mislead', () => {
  test('documents that come while an operation is being started: the newest runs, none is answered and forgotten', async () => {
    await withWorkers(await workers(), async () => {
      // None can end before all have come.
      const sent = Promise.withResolvers<void>();
      world.before = async (activity) => {
        if (activity === 'claimClusterId') await sent.promise;
      };
      const answers = [];
      for (let generation = 1; generation <= 6; generation++) {
        answers.push(apply(temporal.client, name, document(generation)));
        await delay(8); // The hazard: a start takes about as long.
      }
      const operations = (await Promise.all(answers)).map((a) => a.operation);
      sent.resolve();
      const newest = operations.toSorted().at(-1) ?? '';
      expect(await result(newest)).toBe('Succeeded');
      // The others were never started, or have left.
      for (const operation of operations.filter((o) => o !== newest)) {
        const ended = await temporal.client.workflow
          .getHandle(operation)
          .result()
          .catch((err: unknown) => (err instanceof WorkflowNotFoundError ? 'never started' : String(err)));
        expect(['Superseded', 'never started'], operation).toContain(ended);
      }
    });
  });

  test('an operation that a person terminates in Temporal is told as failed, and a newer document is not held up', async () => {
    let first = true;
    world.before = async (activity) => {
      if (activity === 'awaitEtcd' && first) await cancelled();
      // The hazard: Kubernetes does not take what people should read, and it is tried again and again.
      if (activity === 'writeTerminated') throw new Error('the webhook of somebody does not answer');
    };
    const cluster = () =>
      temporal.client.workflow.getHandle(entityWorkflowId({ namespace: 'curve', name })).query(clusterQuery);
    await withWorkers(await workers(), async () => {
      const { operation } = await apply(temporal.client, name, document(1));
      await eventually(
        'etcd is waited for',
        async () => world.count('awaitEtcd'),
        (n) => n > 0,
        20_000,
      );
      await temporal.client.workflow.getHandle(operation).terminate('a mistake');
      await eventually(
        'the termination is told',
        async () => world.calls.filter((c) => c.activity === 'writeTerminated'),
        ([told]) => JSON.stringify(told?.input).includes(operation),
        20_000,
      );
      first = false;
      expect(await cluster()).toMatchObject({ operation: { generation: 1, attempt: 1 }, state: 'Failed' });
      expect(await result((await apply(temporal.client, name, document(2))).operation)).toBe('Succeeded');
    });
  });

  test('a status that Kubernetes refuses to take keeps no operation from its work', async () => {
    world.before = (activity) => {
      if (activity === 'writePhases' || activity === 'recordEvent')
        throw ApplicationFailure.nonRetryable('admission webhook says no', 'KubernetesRefused');
    };
    await withWorkers(await workers(), async () => {
      const { operation } = await apply(temporal.client, name, document());
      expect(await result(operation)).toBe('Succeeded');
    });
  });

  test('a failure is told by the phase that failed; what it interrupted is open, not failed', async () => {
    world.before = async (activity) => {
      if (activity === 'applyEtcd')
        throw ApplicationFailure.nonRetryable('quota exceeded', 'KubernetesRefused');
      if (activity === 'awaitChunkFormatJobs') await cancelled();
    };
    await withWorkers(await workers(), async () => {
      const { operation } = await apply(temporal.client, name, document());
      await expect(result(operation)).rejects.toThrow('Workflow execution failed');
      const { phases } = await view(temporal.client, operation);
      const failed = phases.filter((p) => p.state === 'Failed');
      expect(failed.map((p) => [p.name, p.lastError])).toEqual([
        ['etcd', 'KubernetesRefused: quota exceeded'],
      ]);
      expect(phases.filter((p) => p.state === 'Running')).toEqual([]);
    });
  });

  test('a data directory that is somebody else’s fails the phase of the nodes, not etcd which waits for it', async () => {
    world.before = (activity, node) => {
      if (activity === 'claimHostDataDir' && node === 'node2')
        throw ApplicationFailure.nonRetryable('/curvebs belongs to somebody unknown', 'HostDataDirTaken');
    };
    await withWorkers(await workers(), async () => {
      const { operation } = await apply(temporal.client, name, document());
      await expect(result(operation)).rejects.toThrow('Workflow execution failed');
      const { phases } = await view(temporal.client, operation);
      expect(phases.filter((p) => p.state === 'Failed').map((p) => p.name)).toEqual(['format']);
      expect(world.count('applyEtcd')).toBe(0);
    });
  });

  test('data of etcd on a node without storage is never a stranger’s: its directory is claimed before it starts', async () => {
    const all = ['c1', 'c2', 'c3', ...NODES];
    world = new World(all);
    const storage = curveSpec(NODES).storage;
    const spec = { ...curveSpec(all.slice(0, 3)), storage };
    await withWorkers(await workers(all), async () => {
      const { operation } = await apply(temporal.client, name, { ...document(), spec });
      expect(await result(operation)).toBe('Succeeded');
      const started = world.calls.findIndex((c) => c.activity === 'applyEtcd');
      const claimed = world.calls.slice(0, started).filter((c) => c.activity === 'claimHostDataDir');
      expect(claimed.map((c) => c.node)).toEqual(expect.arrayContaining(['c1', 'c2', 'c3']));
    });
  });
});
