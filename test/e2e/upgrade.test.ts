import type { V1Deployment } from '@kubernetes/client-node';
import type { Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import type { Wire } from '../../src/kube/resources.ts';
import { Cluster } from '../support/cluster.ts';
import { FailpointServer } from '../support/failpoint-server.ts';
import { controlDeployment, enableFailpoints, inKeelson } from '../support/failpoint-wiring.ts';
import { withTemporal } from '../support/histories.ts';
import { nextCheckout } from '../support/next-checkout.ts';
import { type Sandbox, log } from '../support/sandbox.ts';
import { blankSandbox } from '../support/stage.ts';
import { keelson } from '../../sandbox/settings.ts';

const HELD_WITHIN_MS = 300_000;

test('an upgrade between two phases of a create: the create ends under the build that began it', async () => {
  // The next build asks for mds before etcd: what the create has recorded by then would not replay on it.
  const [etcd, mds] = ['await etcd(phase);', 'await mds(phase);'];
  await using next = await nextCheckout(
    'src/workflows/curve/operation.ts',
    `${etcd}\n  ${mds}`,
    `${mds}\n  ${etcd}`,
  );
  const box = await blankSandbox();
  const hold = await FailpointServer.start(box.status.bridge.address);
  await enableFailpoints(box, hold.url, { mkfs: false });
  try {
    const cluster = await Cluster.example(box);
    await cluster.prepare();
    const old = await controlDeployment(box);
    const oldBuild = await buildOf(box, old);
    // A wait, which may take days: any other step would reach its limit of time while the next image is built.
    const betweenPhases = hold.expect({ activity: 'curve.awaitEtcd', when: 'after' });
    const { operation } = await cluster.apply();
    const held = await cluster.unlessFailed(betweenPhases.reached(HELD_WITHIN_MS));
    log('etcd is done, mds is not begun');

    await next.deploy();
    const fresh = await controlDeployment(box);
    expect(fresh).not.toBe(old);
    const freshBuild = await buildOf(box, fresh);
    expect(freshBuild).not.toBe(oldBuild);
    expect(held.isGone(), 'the worker that holds the step was left alone').toBe(false);

    held.release();
    await cluster.unlessFailed(cluster.ready());
    const { operation: ended } = await cluster.get();
    expect(ended).toMatchObject({ id: operation, state: 'Succeeded' });
    await withTemporal(box, async (client) => {
      expect(await buildsOf(client, operation)).toEqual([oldBuild]);
      expect(await buildsOf(client, `${operation}/nodes/0`)).toEqual([oldBuild]);
      const entity = operation.split('/').slice(0, 5).join('/');
      expect((await buildsOf(client, entity)).at(-1)).toBe(freshBuild);
    });
  } finally {
    await backToThisCheckout(box);
    await hold.end();
  }
});

const ANNOTATION = 'keelson.io/build-id';

/** Written by the worker before it takes work. */
async function buildOf(box: Sandbox, deployment: string): Promise<string> {
  const found = JSON.parse(await inKeelson(box, 'get', deployment, '-o', 'json')) as Wire<V1Deployment>;
  return found.metadata?.annotations?.[ANNOTATION] ?? `${deployment} has no build id`;
}

/** The builds that ran an execution, in order. */
async function buildsOf(client: Client, workflowId: string): Promise<string[]> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const builds = (events ?? []).flatMap(
    (e) => e.workflowTaskCompletedEventAttributes?.deploymentVersion?.buildId ?? [],
  );
  return [...new Set(builds)];
}

/** No hold points, the image of this checkout, and no workers of the other. */
async function backToThisCheckout(box: Sandbox): Promise<void> {
  await box.run('deploy');
  const current = await controlDeployment(box);
  const all = await box.list<Wire<V1Deployment>>(
    'deployments',
    ...['-n', keelson.namespace, '-l', 'app.kubernetes.io/component=control'],
  );
  for (const { metadata } of all) {
    const name = `deployment/${metadata?.name ?? ''}`;
    if (name !== current) await inKeelson(box, 'delete', name);
  }
  for (const workload of [current, `daemonset/${keelson.release}-node`]) {
    await inKeelson(box, 'set', 'env', workload, 'KEELSON_FAILPOINT_URL-');
    await inKeelson(box, 'rollout', 'status', workload, '--timeout=150s');
  }
}
