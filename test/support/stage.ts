import { Cluster } from './cluster.ts';
import { enableFailpoints, disableFailpoints, inKeelson } from './failpoint-wiring.ts';
import { FailpointServer } from './failpoint-server.ts';
import { isBlank } from './disk-image.ts';
import { Sandbox, log } from './sandbox.ts';
import { Invariants } from './invariants.ts';

export interface Stage extends AsyncDisposable {
  readonly box: Sandbox;
  readonly hold: FailpointServer;
  readonly cluster: Cluster;
  readonly invariants: Invariants;
}

/**
 * One kind of fault begins here: a sandbox with blank disks and an empty cluster, Keelson with its failpoints switched
 * on, and everything that a user prepares before the first request.
 */
export async function stage(wiring = { mkfs: false }): Promise<Stage> {
  const box = await blankSandbox();
  const hold = await FailpointServer.start(box.status.bridge.address);
  await enableFailpoints(box, hold.url, wiring);
  const cluster = await Cluster.example(box);
  await cluster.prepare();
  const invariants = new Invariants(box, cluster);
  invariants.watch(hold);
  log('the stage is set');
  return {
    box,
    hold,
    cluster,
    invariants,
    [Symbol.asyncDispose]: async () => {
      await disableFailpoints(box);
      await hold.end();
    },
  };
}

/** The sandbox as it is when nothing has been done in it, else after a reset. */
export async function blankSandbox(): Promise<Sandbox> {
  const box = await Sandbox.open();
  if (await isUntouched(box)) return box;
  await box.run('reset');
  return box;
}

async function isUntouched(box: Sandbox): Promise<boolean> {
  // A sandbox in which Keelson was never wholly deployed does not know the kind.
  const kinds = await box.kubectl(['get', 'crd', '-o', 'name']);
  if (!kinds.includes('curveclusters')) return false;
  const clusters = await box.list<unknown>('curveclusters', '--all-namespaces');
  if (clusters.length > 0) return false;
  const blank = await Promise.all(
    box.nodes.flatMap((node) => ['c', 'd', 'e', 'f'].map((letter) => isBlank(node, `/dev/vd${letter}`))),
  );
  if (blank.includes(false)) return false;
  const workers = await inKeelson(box, 'get', 'deployments,daemonsets', '-o', 'json');
  return !workers.includes('KEELSON_FAILPOINT_URL');
}

/** The cluster of the example, as a test before has left it Ready, else brought up. */
export async function readyCluster(): Promise<{ readonly box: Sandbox; readonly cluster: Cluster }> {
  const left = await Sandbox.open();
  const cluster = await Cluster.example(left);
  const view = await cluster.get().catch(() => undefined);
  if (view?.operation?.state === 'Succeeded') {
    await cluster.ready();
    return { box: left, cluster };
  }
  const box = await blankSandbox();
  const fresh = await Cluster.example(box);
  await fresh.prepare();
  await fresh.apply();
  await fresh.ready();
  return { box, cluster: fresh };
}
