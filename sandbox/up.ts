import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { startKubernetes, startLoadBalancer, startS3, startTemporal } from './control-plane.ts';
import { deploy } from './deploy.ts';
import { down } from './down.ts';
import { newFacts, readFacts, writeFacts, type Facts } from './facts.ts';
import { buildBaseImage, buildCurveImage, buildKeelsonImage, buildPauseImage, type Image } from './images.ts';
import { createBridge, findAddresses } from './network.ts';
import { startNode, waitNodeReady } from './node.ts';
import { importImages } from './node-images.ts';
import { createPki } from './pki.ts';
import { checkMachine, checkPorts } from './preflight.ts';
import { installPackages, ownPackages } from './packages.ts';
import type { Progress } from './progress.ts';
import { nodeNames, state, stateDir } from './settings.ts';
import { chooseTemplate, makeTemplate } from './template.ts';
import { build, installWheels } from './tools.ts';
import { makeTree, nodeTree } from './trees.ts';

/** Three kubelets and their containers watch more files than one machine's default allows. */
const raisedSysctls = {
  '/proc/sys/fs/inotify/max_user_instances': 1024,
  '/proc/sys/fs/inotify/max_user_watches': 524_288,
};

/** Brings the sandbox up from whatever is there: nothing, a running one, or what a crash left. */
export async function up(progress: Progress): Promise<Facts> {
  await checkMachine();
  const facts = (await usableFacts(progress)) ?? (await freshFacts());

  // Three lines of work. The builds keep the cores busy; what mostly waits (downloads, Debian) runs beside them.
  await installPackages(ownPackages, progress);
  const downloads = installWheels(progress);
  const tree = makeTree(nodeTree, progress);
  const kubernetes = (async () => {
    await Promise.all([downloads, build(['etcd', 'apiServer', 'controllerManager', 'scheduler'], progress)]);
    await progress.waiting('start Kubernetes', () => startKubernetes(facts));
  })();
  const temporal = downloads.then(() => progress.waiting('start Temporal', () => startTemporal(facts)));
  const s3 = kubernetes.then(async () => {
    await build(['versitygw'], progress);
    await progress.waiting('start the S3 server', () => startS3(facts));
  });
  const images = tree.then(() => collectImages(progress));
  const nodes = Promise.all([kubernetes, images]).then(async ([, { images: built }]) => {
    await build(['kubelet', 'proxy'], progress);
    if (
      !(await access(`${state.nodes}/template`).then(
        () => true,
        () => false,
      ))
    )
      await chooseTemplate(await makeTemplate(built, progress));
    await progress.waiting('start the nodes', () => startNodes(facts));
  });
  const balancer = tree.then(() => startLoadBalancer(facts));
  await allSettledOrThrow([temporal, s3, nodes, balancer]);
  await build(['helm'], progress);
  const { images: built, failure } = await images;
  // On a sandbox that ran before, the nodes may have older ones.
  await importImages(built, progress);
  if (failure !== undefined) throw failure;
  await deploy(facts, progress);
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
  await checkPorts();
  const addresses = await findAddresses();
  await mkdir(stateDir, { recursive: true, mode: 0o711 });
  const facts = newFacts(addresses, await raiseSysctls());
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
  /** What could not be built. The nodes do not need it to start, so it is reported when they run. */
  readonly failure: unknown;
}

/** All images there are to be had from this working tree. */
export async function collectImages(progress: Progress): Promise<Collected> {
  const images = [await buildPauseImage(progress), await buildBaseImage(progress)];
  const base = images[1] as Image;
  let failure: unknown;
  for (const buildImage of [buildCurveImage, buildKeelsonImage]) {
    try {
      const image = await buildImage(base, progress);
      if (image !== undefined) images.push(image);
    } catch (error) {
      failure ??= error;
    }
  }
  return { images, failure };
}

export async function startNodes(facts: Facts): Promise<void> {
  for (const node of nodeNames) await startNode(facts, node);
  await Promise.all(nodeNames.map((node) => waitNodeReady(node, 120)));
}

/** The first problem is reported, but only when nothing is still at work behind it. */
async function allSettledOrThrow(work: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
