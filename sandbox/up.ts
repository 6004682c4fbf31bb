import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { startKubernetes, startLoadBalancer, startS3, startTemporal } from './cluster/control-plane.ts';
import { deploy } from './cluster/deploy.ts';
import { down } from './down.ts';
import { newFacts, readFacts, writeFacts, type Facts } from './state.ts';
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
import { makeTree, nodeTree } from './images/rootfs.ts';

/** Three kubelets and their containers watch more files than one machine's default allows. */
const raisedSysctls = {
  '/proc/sys/fs/inotify/max_user_instances': 1024,
  '/proc/sys/fs/inotify/max_user_watches': 524_288,
};

/** Brings the sandbox up from whatever is there: nothing, a running one, or what a crash left. */
export async function up(progress: Progress): Promise<Facts> {
  await preflight();
  // First of all: a minimal Debian has neither ip nor openssl.
  await installPackages(ownPackages, progress);
  const facts = (await usableFacts(progress)) ?? (await freshFacts());

  // The builds stand in one queue, in the order in which they are needed, and keep the cores busy; what mostly waits
  // (downloads, Debian, images, daemons) runs beside them.
  const downloads = installWheels(progress);
  const tree = makeTree(nodeTree, progress);
  const controlPrograms = build(['etcd', 'apiServer', 'controllerManager', 'scheduler'], progress);
  const nodePrograms = controlPrograms.then(() => build(['kubelet', 'proxy'], progress));
  const otherPrograms = nodePrograms.then(() => build(['versitygw', 'helm'], progress));

  const kubernetes = Promise.all([downloads, controlPrograms]).then(() =>
    progress.waiting('start Kubernetes', () => startKubernetes(facts)),
  );
  const temporal = downloads.then(() => progress.waiting('start Temporal', () => startTemporal(facts)));
  const s3 = otherPrograms.then(() => progress.waiting('start the S3 server', () => startS3(facts)));
  const balancer = tree.then(() => startLoadBalancer(facts));
  const images = tree.then(() => collectImages(progress));
  const nodes = Promise.all([kubernetes, nodePrograms, images]).then(async ([, , { images: built }]) => {
    await ensureTemplate(() => makeTemplate(built, progress));
    await progress.waiting('start the nodes', () => startNodes(facts));
  });
  await allSettledOrThrow([temporal, s3, nodes, balancer]);

  const { images: built, keelson, failure } = await images;
  // On a sandbox that ran before, the nodes may have older ones.
  await importImages(built, progress);
  if (keelson !== undefined) await deploy(facts, keelson, progress);
  if (failure !== undefined) throw failure;
  return facts;
}

/** Facts of a sandbox whose processes may or may not run; undefined (and all remains cleared) when it cannot go on. */
async function usableFacts(progress: Progress): Promise<Facts | undefined> {
  const facts = await readFacts();
  const complete = await access(`${stateDir}/complete`).then(
    () => true,
    () => false,
  );
  if (facts !== undefined && complete) {
    await createBridge(facts.addresses);
    return facts;
  }
  // The first start never got to its end, or the state was deleted under it: what remains is worth nothing.
  await down(progress, { purge: false });
  return undefined;
}

async function freshFacts(): Promise<Facts> {
  const addresses = await findAddresses();
  await mkdir(stateDir, { recursive: true, mode: 0o711 });
  const facts = newFacts(addresses, {
    sysctls: await raiseSysctls(),
    namespacesWereMounted: await isMounted(namespaceFolder),
  });
  await writeFacts(facts);
  await createBridge(addresses);
  await createPki(facts);
  await writeFile(`${stateDir}/complete`, '');
  return facts;
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

export async function startNodes(facts: Facts): Promise<void> {
  for (const node of nodeNames) await startNode(facts, node);
  await Promise.all(nodeNames.map((node) => waitNodeReady(node, 120)));
}

/** The first problem is reported, but only when nothing is still at work behind it. */
async function allSettledOrThrow(work: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw asError(failed.reason);
}
