/**
 * How one build of the control worker follows another. The chart, helm, the API server and Temporal are real; nobody runs
 * pods here, so the test starts the workers that Kubernetes would.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { cancelled } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { NativeConnection } from '@temporalio/worker';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { tools } from '../../../sandbox/tools/tools.ts';
import { create, get, list } from '../../../src/kube/objects.ts';
import { CONFIG_MAPS, DEPLOYMENTS, NAMESPACES } from '../../../src/kube/resources.ts';
import { versioning } from '../../../src/workers/build.ts';
import { followRollout } from '../../../src/workers/rollout.ts';
import { runTogether } from '../../../src/workers/worker-group.ts';
import { deploymentName, planWorkflowId } from '../../../src/workflows/ids.ts';
import { type ApiServer, startApiServer } from '../../support/api-server.ts';
import { CONTROL_QUEUE, curveRef, INSTALLATION } from '../../support/curve-ids.ts';
import { controlWorkers } from '../../support/control-workers.ts';
import { curveSpec } from '../../support/curve-spec.ts';
import { eventually } from '../../support/eventually.ts';
import { quiet } from '../../support/keelson.ts';
import { startTemporal, versionedBundle } from '../../support/temporal.ts';
import { World } from '../../support/world.ts';

const SPACE = 'keelson-system';
const NODES = ['node1', 'node2', 'node3'];
const DEPLOYMENT = deploymentName(INSTALLATION);

/** A build that nothing is pinned to is known as drained at once; usually Temporal waits for its visibility. */
const DRAIN_AT_ONCE = [
  'matching.wv.VersionDrainageStatusVisibilityGracePeriod="1s"',
  'matching.wv.VersionDrainageStatusRefreshInterval="1s"',
];

let server: ApiServer;
let temporal: TestWorkflowEnvironment;
let folder: string;
let world: World;
let replicas: Replica[] = [];

beforeAll(async () => {
  [server, temporal] = await Promise.all([startApiServer(), startTemporal(DRAIN_AT_ONCE)]);
  await create(server.kube, NAMESPACES, { metadata: { name: SPACE } });
  folder = await mkdtemp(`${tmpdir()}/keelson-rollout-`);
  await writeFile(`${folder}/kubeconfig`, server.config.exportConfig());
  world = new World(NODES);
});
afterEach(async () => {
  await Promise.all(replicas.map((replica) => replica.end()));
  replicas = [];
});
afterAll(async () => {
  await temporal.teardown();
  await server.end();
  await rm(folder, { recursive: true, force: true });
});

async function helm(...args: string[]): Promise<void> {
  const flags = ['--kubeconfig', `${folder}/kubeconfig`, '--namespace', SPACE];
  await execa(tools.helm, [...args, ...flags]);
}

const chart = resolve(import.meta.dirname, '../../../deploy/chart');

/** @returns name of the Deployment that the chart wants then */
async function upgradeTo(tag: string): Promise<string> {
  const values = {
    'temporal.address': 'temporal:7233',
    installation: INSTALLATION,
    'crds.install': 'false',
    // Nobody runs Jobs here: test/integration/control/replay.test.ts.
    'replay.enabled': 'false',
    'image.tag': tag,
  };
  const settings = Object.entries(values).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  await helm('upgrade', '--install', 'keelson', chart, ...settings);
  return wanted();
}

async function wanted(): Promise<string> {
  const rollout = await get(server.kube, CONFIG_MAPS, { namespace: SPACE, name: 'keelson-control' });
  return rollout.data?.['deployment'] ?? '';
}

async function controlDeployments(): Promise<string[]> {
  const labelSelector = 'app.kubernetes.io/component=control';
  const { items } = await list(server.kube, DEPLOYMENTS, { namespace: SPACE, labelSelector });
  return items.map(({ metadata }) => metadata?.name ?? '').sort();
}

interface Replica {
  readonly settled: Promise<void>;
  readonly end: () => Promise<void>;
}

/** One pod of a Deployment. */
async function startReplica(deployment: string, buildId: string): Promise<Replica> {
  const version = { deploymentName: DEPLOYMENT, buildId };
  // Of its own, as each process has: one connection carries no two workers of the same build.
  const connection = await NativeConnection.connect({ address: temporal.address });
  const workers = await controlWorkers({
    connection,
    activities: world.control(),
    workflows: { workflowBundle: await versionedBundle() },
    ...versioning(version),
  });
  const stop = new AbortController();
  const running = runTogether(workers, stop.signal);
  const place = { namespace: SPACE, deployment, rollout: 'keelson-control' };
  const settled = Promise.withResolvers<void>();
  const following = followRollout(
    { connection, namespace: 'default', version, identity: buildId, kube: server.kube, place, log: quiet },
    settled.resolve,
    stop.signal,
  );
  let ended = false;
  const end = async (): Promise<void> => {
    if (ended) return;
    ended = true;
    stop.abort();
    await Promise.all([running, following]);
    await connection.close();
  };
  replicas.push({ settled: settled.promise, end });
  await settled.promise;
  return { settled: settled.promise, end };
}

async function currentBuild(): Promise<string> {
  const { workerDeploymentInfo } = await temporal.client.workflowService.describeWorkerDeployment({
    namespace: 'default',
    deploymentName: DEPLOYMENT,
  });
  return workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId ?? '';
}

const drained = (buildId: string) =>
  eventually(
    `${buildId} is drained`,
    () =>
      temporal.client.workflowService.describeWorkerDeploymentVersion({
        namespace: 'default',
        deploymentVersion: { deploymentName: DEPLOYMENT, buildId },
      }),
    ({ workerDeploymentVersionInfo }) => Number(workerDeploymentVersionInfo?.drainageInfo?.status) === 2,
    60_000,
  );

/** Something that is pinned, and waits in its first activity until it is let go. */
async function startPinned(id: string): Promise<{ letGo: () => void; ended: Promise<unknown> }> {
  const held = Promise.withResolvers<void>();
  world.before = async (activity) => {
    // A worker that ends does not wait for it.
    if (activity === 'observeKubernetes') await Promise.race([held.promise, cancelled()]);
  };
  const input = { resource: curveRef(id), spec: curveSpec(NODES) };
  const handle = await temporal.client.workflow.start('curvePlan', {
    workflowId: planWorkflowId(INSTALLATION, id),
    taskQueue: CONTROL_QUEUE,
    args: [input],
  });
  const begun = async () => (await handle.describe()).raw.pendingActivities?.length;
  await eventually('it has begun', begun, (pending) => pending === 1, 20_000);
  return { letGo: held.resolve, ended: handle.result() };
}

test('a build leaves when its last operation has ended, and only the wanted one is ever current', async () => {
  const first = await upgradeTo('v1');
  const old = await startReplica(first, 'build-1');
  expect(await currentBuild()).toBe('build-1');
  const pinned = await startPinned('begun-on-1');

  // helm leaves the old workers; the new ones take over, and leave them too.
  const second = await upgradeTo('v2');
  expect(await controlDeployments()).toEqual([first, second].sort());
  await startReplica(second, 'build-2');
  expect(await currentBuild()).toBe('build-2');
  expect(await controlDeployments()).toEqual([first, second].sort());

  // An old pod that restarts, with the operation still on it.
  await old.end();
  await startReplica(first, 'build-1');
  expect(await currentBuild()).toBe('build-2');

  pinned.letGo();
  await pinned.ended;
  await drained('build-1');
  await startReplica(second, 'build-2');
  expect(await controlDeployments()).toEqual([second]);
});

test('a chart that is rolled back wants the build before, and an uninstalled one leaves nothing of its own', async () => {
  const before = await upgradeTo('v3');
  await startReplica(before, 'build-3');
  const after = await upgradeTo('v4');
  await startReplica(after, 'build-4');
  expect(await currentBuild()).toBe('build-4');

  await helm('rollback', 'keelson');
  expect(await wanted()).toBe(before);
  await startReplica(before, 'build-3');
  expect(await currentBuild()).toBe('build-3');
  // Kubernetes removes it with the ConfigMap.
  const draining = await get(server.kube, DEPLOYMENTS, { namespace: SPACE, name: after });
  expect(draining.metadata?.ownerReferences).toMatchObject([{ kind: 'ConfigMap', name: 'keelson-control' }]);

  await helm('uninstall', 'keelson');
  expect(await controlDeployments()).not.toContain(before);
});

test('another image with the same code takes the place of the first at once', async () => {
  const one = await upgradeTo('v5');
  await startReplica(one, 'build-5');
  const two = await upgradeTo('v6');
  await startReplica(two, 'build-5');
  expect(await controlDeployments()).toContain(two);
  expect(await controlDeployments()).not.toContain(one);
});
