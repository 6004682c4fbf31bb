import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { HealthWatchInput } from '../../../src/activities/control/contract.ts';
import { endNodeWatch, startNodeWatch } from '../../../src/requests/nodes.ts';
import { handToHealthCheck, startHealthCheck } from '../../../src/requests/submit.ts';
import { SYSTEMS } from '../../../src/systems/registry.ts';
import { healthQuery, healthRecheck, type HealthView } from '../../../src/workflows/messages.ts';
import { apply } from '../../support/cluster-client.ts';
import { controlWorkers } from '../../support/control-workers.ts';
import { INSTALLATION, curveRef, healthCheckWorkflowId } from '../../support/curve-ids.ts';
import { curveSpec } from '../../support/curve-spec.ts';
import { eventually } from '../../support/eventually.ts';
import { nodeWorkers } from '../../support/keelson.ts';
import { startTemporal, withWorkers, workflowBundle } from '../../support/temporal.ts';
import { World } from '../../support/world.ts';

const UNHEALTHY = { ready: false, reason: 'EtcdUnhealthy', message: 'etcd a does not answer' };

let temporal: TestWorkflowEnvironment;
let world: World;
let name: string;
let nodes: readonly string[];

beforeAll(async () => {
  temporal = await startTemporal();
});
afterAll(() => temporal.teardown());
beforeEach(() => {
  name = `c-${randomUUID().slice(0, 8)}`;
  nodes = [1, 2, 3].map((i) => `${name}-n${i}`);
  world = new World(nodes);
});

const ours = (at = temporal) => ({ client: at.client, installation: INSTALLATION });
const { kind } = SYSTEMS.kindOf(curveRef(''));
const manifest = (generation = 1, uid = 'uid-00000001') => ({
  resource: curveRef(name),
  uid,
  generation,
  spec: curveSpec(nodes),
});
const handle = (at = temporal): WorkflowHandle =>
  at.client.workflow.getHandle(healthCheckWorkflowId({ namespace: 'curve', name }));
const view = (at = temporal): Promise<HealthView> => handle(at).query(healthQuery);
const events = async (): Promise<number> => (await handle().describe()).historyLength;
/** Of this cluster: those of tests before are still running, and are picked up by the worker of this one. */
const inputs = (): HealthWatchInput[] =>
  world.calls
    .filter((c) => c.activity === 'watchHealth')
    .map((c) => c.input as HealthWatchInput)
    .filter(({ resource }) => resource.name === name);
const seen = (what: string, satisfied: (v: HealthView) => boolean, withinMs = 20_000) =>
  eventually(what, () => view(), satisfied, withinMs);

async function workers(at = temporal, maxCachedWorkflows = 0): Promise<readonly Worker[]> {
  const { nativeConnection: connection } = at;
  const control = await controlWorkers({
    connection,
    activities: world.control(),
    // Every workflow task replays the whole history: what is not deterministic shows itself.
    workflows: { workflowBundle: await workflowBundle(), maxCachedWorkflows },
  });
  return [...control, ...(await nodeWorkers(connection, world, nodes))];
}
const watchNodes = (at = temporal) => Promise.all(nodes.map((node) => startNodeWatch(ours(at), node)));
/** It has settled: the nodes have told, and the verdict is known. */
const settled = async (): Promise<void> => {
  await seen('all is known', (v) => v.verdict?.ready === true && v.nodes.every((n) => n.answered === true));
  const known = async (): Promise<boolean> => {
    const last = inputs().at(-1);
    return last?.known !== undefined && last.nodes.every((n) => n.answered === true);
  };
  await eventually('it watches on', known, Boolean, 20_000);
};

test('an idle cluster adds no event, however often it is observed; a change adds a few', async () => {
  await withWorkers(await workers(), async () => {
    await watchNodes();
    await handToHealthCheck(ours(), kind, manifest());
    await settled();
    let observed = 0;
    world.written = async () => {
      observed++;
      return true;
    };
    world.observedEveryMs = 20;
    const before = await events();
    // More often than a day of looks every 20 s has them would only take longer: none of them is an event.
    await eventually(
      'it is observed a hundred times',
      async () => observed,
      (n) => n > 100,
      30_000,
    );
    expect(await events()).toBe(before);
    await startHealthCheck(ours(), kind, manifest());
    expect(await events()).toBe(before);

    world.found(UNHEALTHY);
    await seen('it is told', (v) => v.verdict?.reason === 'EtcdUnhealthy', 10_000);
    expect((await events()) - before).toBeLessThan(12);
    const { events: history } = await handle().fetchHistory();
    const silent = (history ?? [])
      .filter((e) => e.activityTaskScheduledEventAttributes ?? e.timerStartedEventAttributes)
      .filter((e) => !e.userMetadata?.summary);
    expect(silent).toEqual([]);
  });
});

test('no activity goes to a node for it: what the nodes tell of mounts and silence comes from their watches', async () => {
  await withWorkers(await workers(), async () => {
    await watchNodes();
    await handToHealthCheck(ours(), kind, manifest());
    await settled();
    const [first = ''] = nodes;
    const mounts = [
      { clusterId: 'c', mountPath: '/a', fsUuid: 'u1', found: 'u1' },
      { clusterId: 'c', mountPath: '/b', fsUuid: 'u2' },
    ];
    world.report(first, { mounts });
    await eventually(
      'the health is watched with what the node told',
      async () => inputs().at(-1)?.nodes[0],
      (n) => n?.inPlace?.[0] === 'u1' && n.astray?.[0]?.mountPath === '/b',
      20_000,
    );
    const asked = world.calls.filter((c) => c.node !== undefined).map((c) => c.activity);
    expect(new Set(asked)).toEqual(new Set(['watchNode']));
  });
});

test('a node that nobody watches yet is listened to as soon as its watch is there and says so', async () => {
  await withWorkers(await workers(), async () => {
    await handToHealthCheck(ours(), kind, manifest());
    await seen('it is watched without the nodes', (v) => v.verdict?.ready === true);
    expect((await view()).nodes.map((n) => n.answered)).toEqual([undefined, undefined, undefined]);
    await watchNodes();
    // As the controller does for every cluster on a node whose watch it had to start.
    await handToHealthCheck(ours(), kind, manifest());
    await settled();
  });
});

test('two clusters on one node are both told, and a node that left is listened to no longer', async () => {
  await withWorkers(await workers(), async () => {
    await watchNodes();
    await handToHealthCheck(ours(), kind, manifest());
    await settled();
    const one = handle();
    const first = name;
    name = `${name}-other`;
    await handToHealthCheck(ours(), kind, manifest());
    await settled();
    const [node = ''] = nodes;
    world.report(node, { mounts: [{ clusterId: 'c', mountPath: '/a', fsUuid: 'u1' }] });
    for (const check of [one, handle()])
      await eventually(
        `${check.workflowId} is told`,
        () => check.query(healthQuery),
        (v) => v.nodes[0]?.astray?.length === 1,
        20_000,
      );

    const fewer = { ...manifest(2), spec: curveSpec(nodes.slice(1)) };
    await handToHealthCheck(ours(), kind, fewer);
    await seen('the new spec counts', (v) => v.generation === 2 && v.nodes.length === 2);
    await Promise.all([one.terminate(), handle().terminate()]);
    expect(first).not.toBe(name);
  });
});

test('the newest manifest counts, an older one changes nothing, and the end of an operation asks for a look', async () => {
  await withWorkers(await workers(), async () => {
    await watchNodes();
    await handToHealthCheck(ours(), kind, manifest(2));
    await settled();
    await handToHealthCheck(ours(), kind, manifest(3));
    await seen('generation 3 is judged', (v) => v.verdict?.observedGeneration === 3);
    await handToHealthCheck(ours(), kind, manifest(2));
    await settled();
    expect(await view()).toMatchObject({ generation: 3, verdict: { observedGeneration: 3 } });

    const looks = inputs().length;
    await handle().signal(healthRecheck);
    await eventually(
      'it looks again',
      async () => inputs().length,
      (n) => n > looks,
      10_000,
    );
    const { operation } = await apply(temporal.client, name, {
      uid: 'u',
      generation: 3,
      spec: curveSpec(nodes),
    });
    await temporal.client.workflow.getHandle(operation).result();
    await eventually(
      'the operation has asked for a look',
      () => handle().fetchHistory(),
      ({ events: all }) =>
        (all ?? []).filter(
          (e) => e.workflowExecutionSignaledEventAttributes?.signalName === healthRecheck.name,
        ).length === 2,
      10_000,
    );
  });
});

test('it ends with its resource, and goes on when that is made again', async () => {
  await withWorkers(await workers(), async () => {
    await watchNodes();
    await handToHealthCheck(ours(), kind, manifest());
    await settled();
    world.found('gone');
    await handle().result();
    world.found({ ready: true, reason: 'AllChecksHold', message: 'all checks hold' });
    await handToHealthCheck(ours(), kind, manifest(1, 'uid-00000002'));
    await settled();
    expect(inputs().at(-1)?.uid).toBe('uid-00000002');
  });
});

test('a node that is silent is told to the watch over the health, which goes on', async () => {
  const [silent = '', ...present] = nodes;
  nodes = present;
  const away = await workers();
  nodes = [silent, ...present];
  await withWorkers(away, async () => {
    await watchNodes();
    await handToHealthCheck(ours(), kind, manifest());
    await seen('it is known to be silent', (v) => v.nodes[0]?.answered === false, 30_000);
    await eventually(
      'the watch is told',
      async () =>
        inputs()
          .at(-1)
          ?.nodes.map((n) => n.answered),
      (answered) => JSON.stringify(answered) === '[false,true,true]',
      20_000,
    );
    expect((await view()).verdict?.ready).toBe(true);
    for (const node of nodes) await endNodeWatch(ours(), node);
  });
});

test('many changes do not pile up: it goes on in a new execution, with what is known', async () => {
  const short = await startTemporal(['limit.historyCount.suggestContinueAsNew=40']);
  try {
    await withWorkers(await workers(short, 100), async () => {
      await watchNodes(short);
      await handToHealthCheck(ours(short), kind, manifest());
      const verdicts = (message: string) =>
        eventually(
          'it is told',
          () => view(short),
          (v) => v.verdict?.message === message,
          20_000,
        );
      await verdicts('all checks hold');
      const first = (await handle(short).describe()).runId;
      for (let i = 0; i < 12; i++) {
        world.found({ ...UNHEALTHY, message: `look ${i}` });
        await verdicts(`look ${i}`);
      }
      const { runId, historyLength } = await handle(short).describe();
      expect(runId).not.toBe(first);
      expect(historyLength).toBeLessThan(80);
      const [node = ''] = nodes;
      world.report(node, { mounts: [] });
      world.report(node, { mounts: [{ clusterId: 'c', mountPath: '/a', fsUuid: 'u' }] });
      await eventually(
        'the nodes still tell it',
        () => view(short),
        (v) => v.nodes.every((n) => n.answered === true) && v.nodes[0]?.astray?.length === 1,
        20_000,
      );
    });
  } finally {
    await short.teardown();
  }
});
