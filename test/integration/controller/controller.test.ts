import { randomUUID } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ClusterDetail } from '../../../src/requests/answers/clusters.ts';
import { readStatus } from '../../../src/requests/view/status.ts';
import { apply } from '../../../src/kube/apply.ts';
import { Kube } from '../../../src/kube/client.ts';
import { PooledKubeConfig } from '../../../src/kube/config.ts';
import { create, find, get, list, remove } from '../../../src/kube/objects.ts';
import {
  type CustomObject,
  EVENTS,
  LEASES,
  NAMESPACES,
  NODES as KUBE_NODES,
} from '../../../src/kube/resources.ts';
import { healthQuery } from '../../../src/workflows/messages.ts';
import { type ApiServer, makeNamespace } from '../../support/api-server.ts';
import { writeVerdict } from '../../support/health.ts';
import { LEAST, changed } from '../../support/curve-documents.ts';
import { eventually } from '../../support/eventually.ts';
import {
  type TestApi,
  type TestController,
  type TestKeelson,
  startController,
  startKeelson,
} from '../../support/keelson.ts';
import { tcpProxy } from '../../support/tcp-proxy.ts';
import { PERCENTAGE, type World } from '../../support/world.ts';
import { CURVE_CLUSTERS, INSTALLATION, curveRef, healthCheckWorkflowId } from '../../support/curve-ids.ts';

const NODES = ['node1', 'node2', 'node3'];
const BASE = changed(LEAST, ['spec', 'storage', 'devices', 0, 'percentage'], PERCENTAGE);

let service: TestKeelson;
let server: ApiServer;
let temporal: TestWorkflowEnvironment;
let world: World;
let api: TestApi;
let controllers: TestController[] = [];
let name: string;

beforeAll(async () => {
  service = await startKeelson(NODES);
  ({ server, temporal, world, api } = service);
  for (const node of NODES) await create(server.kube, KUBE_NODES, { metadata: { name: node } });
});
afterAll(() => service.end());
beforeEach(() => {
  name = `c-${randomUUID().slice(0, 8)}`;
  world.before = () => undefined;
});
afterEach(async () => {
  await Promise.all(controllers.map((c) => c.end()));
  controllers = [];
});

const control = (identity = 'replica-1'): TestController => {
  const controller = startController(server.kube, temporal.client, 'curve', identity);
  controllers.push(controller);
  return controller;
};
const through = (port: number): Kube => {
  const config = new PooledKubeConfig();
  const [cluster, user] = [server.config.getCurrentCluster(), server.config.getCurrentUser()];
  if (!cluster || !user) throw new Error('kubeconfig without cluster or user');
  config.loadFromClusterAndUser({ ...cluster, server: `https://127.0.0.1:${port}` }, user);
  return new Kube(config);
};
const leads = async (controller: TestController): Promise<boolean> =>
  (await controller.metrics.leading.get()).values[0]?.value === 1;
const count = async (metric: 'deliveries', controller: TestController, outcome: string): Promise<number> =>
  (await controller.metrics[metric].get()).values.find((v) => v.labels['outcome'] === outcome)?.value ?? 0;

const at = () => ({ namespace: 'curve', name });
/** As a person with kubectl does. */
const kubectl = (spec: unknown = BASE['spec']): Promise<CustomObject> =>
  apply<CustomObject>(
    server.kube,
    CURVE_CLUSTERS,
    { metadata: at(), spec },
    { manager: 'kubectl', force: true },
  );
const live = () => find(server.kube, CURVE_CLUSTERS, at());
const accepted = async () => readStatus((await live())?.status).conditions.find((c) => c.type === 'Accepted');
const detail = async (): Promise<ClusterDetail> =>
  (await (await api.ask(`/v1/clusters/curve/curve/${name}`)).json()) as ClusterDetail;
const succeeded = (generation = 1) =>
  eventually(
    `generation ${generation} succeeds`,
    detail,
    (d) => d.operation?.generation === generation && d.state === 'Succeeded',
    60_000,
  );
const events = async (uid: string | undefined) =>
  (await list(server.kube, EVENTS, { namespace: 'curve' })).items.filter((e) => e.regarding?.uid === uid);

describe('a manifest applied with kubectl', () => {
  test('has the same effect as one that is posted: the same operation, whoever is second', async () => {
    control();
    const resource = await kubectl();
    const done = await succeeded();
    expect(done.operation?.id).toBe(
      `test/curve/cluster/curve/${name}/${resource.metadata?.uid?.slice(0, 8)}-1-1`,
    );
    expect(await eventually('it is accepted', accepted, (c) => c !== undefined, 30_000)).toMatchObject({
      status: 'True',
      reason: 'HandedOver',
      message: `operation ${done.operation?.id}`,
      observedGeneration: 1,
    });
    const posted = await api.ask('/v1/clusters', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...BASE, metadata: at() }),
    });
    expect(await posted.json()).toMatchObject({ operation: done.operation?.id });
    const managers = (await live())?.metadata?.managedFields?.map((f) => [f.manager, f.subresource ?? '']);
    expect(managers).toContainEqual(['keelson-controller', 'status']);
  });

  test('that breaks rules says so with an Event and a condition, and goes on once it is corrected', async () => {
    control();
    const wrong = await kubectl(changed(BASE['spec'] as object, ['nodes'], ['node1', 'node2']));
    const refused = await eventually('it is refused', accepted, (c) => c?.status === 'False', 30_000);
    expect(refused).toMatchObject({ reason: 'ManifestInvalid', observedGeneration: 1 });
    expect(refused?.message).toContain('spec.nodes');
    expect(await detail()).toMatchObject({ state: 'Refused' });
    const [event] = await eventually(
      'it is told',
      () => events(wrong.metadata?.uid),
      (e) => e.length > 0,
      30_000,
    );
    expect(event).toMatchObject({ type: 'Warning', reason: 'ManifestInvalid' });

    await kubectl();
    await succeeded(2);
    expect(await eventually('it is accepted', accepted, (c) => c?.status === 'True', 30_000)).toMatchObject({
      observedGeneration: 2,
    });
  });

  const isAccepted = ({ type }: { readonly type: string }): boolean => type === 'Accepted';

  test('that breaks rules is refused once, also where Kubernetes takes no Event any more', async () => {
    const namespace = await makeNamespace(server, `leaving-${randomUUID().slice(0, 8)}`);
    const wrong = changed(BASE['spec'] as object, ['nodes'], ['node1', 'node2']);
    await create(server.kube, CURVE_CLUSTERS, { metadata: { namespace, name }, spec: wrong });
    // Nobody empties a namespace here: it is leaving for ever, and the API server refuses whatever is new in it.
    await remove(server.kube, NAMESPACES, { name: namespace });

    const controller = control();
    const verdict = async () =>
      readStatus((await get(server.kube, CURVE_CLUSTERS, { namespace, name })).status).conditions;
    const refused = await eventually('it is refused', verdict, (all) => all.some(isAccepted), 30_000);
    expect(refused.find(isAccepted)).toMatchObject({ status: 'False' });
    await eventually(
      'that is the end of it',
      () => count('deliveries', controller, 'refused'),
      (refused) => refused > 0,
      30_000,
    );
    await remove(server.kube, CURVE_CLUSTERS, { namespace, name });
  });

  test('that has no effect in a part says so with an Event, once for each generation', async () => {
    const first = control('replica-1');
    const { metadata } = await kubectl({ ...(BASE['spec'] as object), cleanupConfirm: 'Confirm' });
    const warnings = async () =>
      (await events(metadata?.uid))
        .filter((e) => e.reason === 'ManifestWarning')
        .map((e) => [e.note, e.series]);
    await succeeded();
    await eventually('it is accepted', accepted, (c) => c?.status === 'True', 30_000);
    await first.end();
    const second = control('replica-2');
    const { items } = await list(server.kube, CURVE_CLUSTERS, {});
    await eventually(
      'all are handed over again',
      () => count('deliveries', second, 'delivered'),
      (n) => n === items.length,
      30_000,
    );
    const words = 'spec.cleanupConfirm: is stored and ignored: deleting the resource removes nothing';
    expect(await warnings()).toEqual([[words, undefined]]);
  });

  test('that is deleted stops nothing, an Event says so, and applied again it finds everything', async () => {
    control();
    const first = await kubectl();
    await succeeded();
    const formatted = world.formatted.size;
    await remove(server.kube, CURVE_CLUSTERS, at());
    const told = await eventually(
      'the deletion is told',
      () => events(first.metadata?.uid),
      (all) => all.some((e) => e.reason === 'NothingStopped'),
      30_000,
    );
    expect(told.find((e) => e.reason === 'NothingStopped')?.note).toContain(
      'its daemons go on and its data stays',
    );

    const second = await kubectl();
    expect(second.metadata?.uid).not.toBe(first.metadata?.uid);
    world.liveUid = second.metadata?.uid;
    const done = await succeeded();
    expect(done.operation?.id).toContain(second.metadata?.uid?.slice(0, 8));
    expect(done.phases.filter((p) => p.state === 'Done').map((p) => p.name)).toEqual(['preflight']);
    expect(world.formatted.size).toBe(formatted);
  });
});

describe('the watch', () => {
  test('delivers what was applied while nobody watched, and what comes after the API server was killed', async () => {
    await kubectl();
    const controller = control();
    await succeeded();

    await server.kill();
    await server.start();
    await kubectl(changed(BASE['spec'] as object, ['storage', 'copySets'], 200));
    await succeeded(2);
    expect(await leads(controller)).toBe(true);
  });

  test('does not deliver changes of status', async () => {
    const controller = control();
    await kubectl();
    await succeeded();
    await eventually('it is Ready', detail, (d) => d.ready.status === 'True', 60_000);
    const { items } = await list(server.kube, CURVE_CLUSTERS, {});
    expect(await count('deliveries', controller, 'delivered')).toBe(items.length);
  });
});

describe('of two replicas', () => {
  test('one holds the lease; when it leaves, the other goes on at once', async () => {
    const first = control('replica-1');
    await eventually('the first leads', () => leads(first), Boolean, 30_000);
    const second = control('replica-2');
    const lease = () => get(server.kube, LEASES, { namespace: 'curve', name: 'keelson-controller' });
    expect((await lease()).spec).toMatchObject({ holderIdentity: 'replica-1', leaseDurationSeconds: 15 });
    expect(await leads(second)).toBe(false);

    await first.end();
    expect(await leads(first)).toBe(false);
    await eventually('the second leads', () => leads(second), Boolean, 10_000);
    expect((await lease()).spec?.holderIdentity).toBe('replica-2');
    await kubectl();
    await succeeded();
  });
});

test('a replica that is cut off stops before another one takes over', async () => {
  const link = await tcpProxy(server.address);
  const cutOff = startController(through(link.port), temporal.client, 'curve', 'cut-off');
  controllers.push(cutOff);
  await eventually('it leads', () => leads(cutOff), Boolean, 30_000);
  const other = control('other');
  link.freeze();
  let both = false;
  await eventually(
    'the other leads',
    async () => {
      both ||= (await leads(cutOff)) && (await leads(other));
      return leads(other);
    },
    Boolean,
    60_000,
  );
  expect(both).toBe(false);
  expect(await leads(cutOff)).toBe(false);
  link.thaw();
  link.reset();
  await kubectl();
  await succeeded();
  await Promise.all(controllers.map((c) => c.end()));
  await link.end();
});

describe('Ready', () => {
  const health = () => temporal.client.workflow.getHandle(healthCheckWorkflowId(at()));

  test('is looked after by one execution, which is told each manifest and hears of every node', async () => {
    control();
    const { metadata } = await kubectl();
    await succeeded();
    const ready = await eventually('it is Ready', detail, (d) => d.ready.status === 'True', 60_000);
    expect(ready.ready.observedGeneration).toBe(1);
    const { runId } = await health().describe();
    expect(await (await health().describe()).staticSummary()).toBe(
      `Health check of Curve cluster curve/${name}`,
    );
    const nodes = await eventually(
      'every node has told',
      async () => (await health().query(healthQuery)).nodes,
      (all) => all.every((n) => n.answered === true),
      30_000,
    );
    expect(nodes.map((n) => n.node)).toEqual(NODES);
    await eventually(
      'people read it',
      async () => readStatus((await live())?.status).conditions.find((c) => c.type === 'NodesAnswering'),
      (c) => c?.status === 'True',
      30_000,
    );

    await kubectl(changed(BASE['spec'] as object, ['storage', 'copySets'], 200));
    await eventually(
      'generation 2 is judged',
      detail,
      (d) => d.ready.observedGeneration === 2 && d.ready.status === 'True',
      60_000,
    );
    expect((await health().describe()).runId).toBe(runId);
    expect(metadata?.uid).toBe((await live())?.metadata?.uid);
  });

  /** Two minutes ago the cluster was Ready. */
  const wasReady = (uid = '') =>
    writeVerdict(
      server.kube,
      { ...curveRef(name), uid },
      {
        ready: true,
        reason: 'AllChecksHold',
        message: 'all was well',
        observedAt: new Date(Date.now() - 120_000).toISOString(),
        observedGeneration: 1,
      },
    );
  const condition = async () => readStatus((await live())?.status).conditions.find((c) => c.type === 'Ready');
  const breakHealthChecks = (): void => {
    world.before = (activity) => {
      if (activity === 'watchHealth') throw new Error('the watch is broken');
    };
  };
  const unknown = () => eventually('Ready is Unknown', condition, (c) => c?.status === 'Unknown', 30_000);

  test('does not stand when nobody has observed it for a minute: it is Unknown, with why, until somebody does', async () => {
    breakHealthChecks();
    control();
    const { metadata } = await kubectl();
    await wasReady(metadata?.uid);
    expect(await unknown()).toMatchObject({
      reason: 'NotCheckedLately',
      message: expect.stringMatching(
        /^last checked at .*: its health check has told nothing since$/,
      ) as string,
      observedGeneration: 1,
    });
    const fields = new Map(
      (await live())?.metadata?.managedFields?.map((m) => [m.manager, JSON.stringify(m.fieldsV1)]),
    );
    expect(fields.get('keelson-ready')).toContain('\\"Ready\\"');
    expect(fields.get('keelson-ready')).toContain('f:observedAt');
    expect(fields.get('keelson-controller')).not.toContain('\\"Ready\\"');

    world.before = () => undefined;
    await eventually('it is observed again', condition, (c) => c?.status === 'True', 60_000);
  });

  test('does not stand while a refused manifest keeps a new holder of the lease from starting a health check', async () => {
    breakHealthChecks(); // one that runs would take back what is written here
    const first = control('replica-1');
    const { metadata } = await kubectl();
    await succeeded();
    await first.end();
    await kubectl(changed(BASE['spec'] as object, ['nodes'], ['node1', 'node2']));
    await wasReady(metadata?.uid);
    control('replica-2');
    const why = 'generation 2 is refused, and no health check is started until it is corrected';
    await eventually('it says why', condition, (c) => c?.message.endsWith(why) === true, 30_000);
    expect(await condition()).toMatchObject({ status: 'Unknown', reason: 'NotCheckedLately' });
  });
});

test('a node is watched for as long as Kubernetes has it', async () => {
  control();
  const node = `late-${randomUUID().slice(0, 8)}`;
  await create(server.kube, KUBE_NODES, { metadata: { name: node } });
  const status = async () =>
    (await temporal.client.workflow.getHandle(`${INSTALLATION}/nodes/${node}`).describe()).status.name;
  await eventually('it is watched', status, (s) => s === 'RUNNING', 30_000);
  await remove(server.kube, KUBE_NODES, { name: node });
  expect(await eventually('it is watched no longer', status, (s) => s !== 'RUNNING', 30_000)).toBe(
    'COMPLETED',
  );
});
