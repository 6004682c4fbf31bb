import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { startKubernetes, startLoadBalancer, startS3, startTemporal } from './cluster/control-plane.ts';
import { deploy } from './cluster/deploy.ts';
import { down } from './down.ts';
import { newState, readState, writeState, type SandboxState } from './state.ts';
import {
  buildBaseImage,
  buildCurveImage,
  buildKeelsonImage,
  buildPauseImage,
  type Image,
} from './images/images.ts';
import { isMounted } from './machine/mounts.ts';
import { createBridge, findAddresses, namespaceFolder } from './cluster/network.ts';
import { startNode, waitNodeReady } from './cluster/node.ts';
import { importImages } from './cluster/node-images.ts';
import { createPki } from './cluster/pki.ts';
import { preflight } from './machine/preflight.ts';
import { installPackages, ownPackages } from './machine/packages.ts';
import { asError } from './problem.ts';
import type { Progress } from './progress.ts';
import { nodeNames, stateDir } from './settings.ts';
import { ensureTemplate, makeTemplate } from './cluster/template.ts';
import { build, installWheels } from './tools/tools.ts';
import { makeRootfs, nodeRootfs } from './images/rootfs.ts';

/** Three kubelets and their containers watch more files than one machine's default allows. */
const raisedSysctls = {
  '/proc/sys/fs/inotify/max_user_instances': 1024,
  '/proc/sys/fs/inotify/max_user_watches': 524_288,
};

/** Brings the sandbox up from whatever is there: nothing, a running one, or what a crash left. */
export async function up(progress: Progress): Promise<SandboxState> {
  await preflight();
  // First of all: a minimal Debian has neither ip nor openssl.
  await installPackages(ownPackages, progress);
  const state = (await usableState(progress)) ?? (await freshState());

  // The builds stand in one queue, in the order in which they are needed, and keep the cores busy; what mostly waits
  // (downloads, Debian, images, daemons) runs beside them.
  const downloads = installWheels(progress);
  const rootfs = makeRootfs(nodeRootfs, progress);
  const controlPrograms = build(['etcd', 'apiServer', 'controllerManager', 'scheduler'], progress);
  const nodePrograms = controlPrograms.then(() => build(['kubelet', 'proxy'], progress));
  const otherPrograms = nodePrograms.then(() => build(['versitygw', 'helm'], progress));

  const kubernetes = Promise.all([downloads, controlPrograms]).then(() =>
    progress.waiting('start Kubernetes', () => startKubernetes(state)),
  );
  const temporal = downloads.then(() => progress.waiting('start Temporal', () => startTemporal(state)));
  const s3 = otherPrograms.then(() => progress.waiting('start the S3 server', () => startS3(state)));
  const balancer = rootfs.then(() => startLoadBalancer(state));
  const images = rootfs.then(() => collectImages(progress));
  const nodes = Promise.all([kubernetes, nodePrograms, images]).then(async ([, , { images: built }]) => {
    await ensureTemplate(() => makeTemplate(built, progress));
    await progress.waiting('start the nodes', () => startNodes(state));
  });
  await allSettledOrThrow([temporal, s3, nodes, balancer]);

  const { images: built, keelson, failure } = await images;
  // On a sandbox that ran before, the nodes may have older ones.
  await importImages(built, progress);
  if (keelson !== undefined) await deploy(state, keelson, progress);
  if (failure !== undefined) throw failure;
  return state;
}

/** The state of a sandbox whose processes may or may not run; undefined (and all leftovers cleared) when it cannot go on. */
async function usableState(progress: Progress): Promise<SandboxState | undefined> {
  const state = await readState();
  const complete = await access(`${stateDir}/complete`).then(
    () => true,
    () => false,
  );
  if (state !== undefined && complete) {
    await createBridge(state.addresses);
    return state;
  }
  // The first start never got to its end, or the state was deleted under it: what is left is worth nothing.
  await down(progress, { purge: false });
  return undefined;
}

async function freshState(): Promise<SandboxState> {
  const addresses = await findAddresses();
  await mkdir(stateDir, { recursive: true, mode: 0o711 });
  const state = newState(addresses, {
    sysctls: await raiseSysctls(),
    namespacesWereMounted: await isMounted(namespaceFolder),
  });
  await writeState(state);
  await createBridge(addresses);
  await createPki(state);
  await writeFile(`${stateDir}/complete`, '');
  return state;
}

async function raiseSysctls(): Promise<Record<string, string>> {
  const before: Record<string, string> = {};
  for (const [path, value] of Object.entries(raisedSysctls)) {
    const now = (await readFile(path, 'utf8')).trim();
    if (Number(now) >= value) continue;
    before[path] = now;
    await writeFile(path, String(value));
  }
  return before;
}

interface Collected {
  readonly images: readonly Image[];
  readonly keelson: Image | undefined;
  /** What could not be built. The nodes do not need it to start, so it is reported when they run. */
  readonly failure: Error | undefined;
}

/** All images that can be built from this working tree. */
export async function collectImages(progress: Progress): Promise<Collected> {
  const pause = await buildPauseImage(progress);
  const base = await buildBaseImage(progress);
  const results = await inTurn([
    () => buildCurveImage(base, progress),
    () => buildKeelsonImage(base, progress),
  ]);
  const [curve, keelson] = results.map((result) =>
    result.status === 'fulfilled' ? result.value : undefined,
  );
  const failed = results.find((result) => result.status === 'rejected');
  const images = [pause, base, curve, keelson].filter((image) => image !== undefined);
  return { images, keelson, failure: failed === undefined ? undefined : asError(failed.reason) };
}

/** One after the other, each whatever became of the one before. */
async function inTurn<T>(work: readonly (() => Promise<T>)[]): Promise<PromiseSettledResult<T>[]> {
  const results: PromiseSettledResult<T>[] = [];
  for (const each of work) results.push(...(await Promise.allSettled([each()])));
  return results;
}

export async function startNodes(state: SandboxState): Promise<void> {
  for (const node of nodeNames) await startNode(state, node);
  await Promise.all(nodeNames.map((node) => waitNodeReady(node, 120)));
}

/** The first problem is reported, but only when nothing is still at work behind it. */
async function allSettledOrThrow(work: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw asError(failed.reason);
}
