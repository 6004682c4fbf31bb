import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { endGroup } from '../machine/cgroups.ts';
import { attachDisks, createDiskImages, detachDisks } from './disks.ts';
import type { SandboxState } from '../state.ts';
import { createNodeNetwork, hasNodeNetwork, namespaceFolder, namespaceOf, nodeAddress } from './network.ts';
import { nodeFolder, writeNodeConfig } from './node-config.ts';
import {
  isRunning,
  runningRecord,
  startDaemon,
  startTimeOf,
  type ProcessRecord,
} from '../machine/processes.ts';
import { Problem } from '../problem.ts';
import { checkout, paths, type NodeName } from '../settings.ts';
import { ask } from '../machine/run.ts';
import { placeTemplate } from './template.ts';
import { tools } from '../tools/tools.ts';
import { nodeRootfs } from '../images/rootfs.ts';
import { until } from '../machine/wait.ts';

/** So many different errors of the kubelet explain a node that does not become Ready. */
const KUBELET_ERRORS = 12;

/** The node's first process as the host sees it, while it runs. */
export async function nodeProcess(node: NodeName): Promise<ProcessRecord | undefined> {
  const text = await readFile(`${nodeFolder(node)}/process.json`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const record = JSON.parse(text) as ProcessRecord;
  return (await isRunning(record)) ? record : undefined;
}

/** Boots the node on whatever its folder holds: the first time nothing, later what was there at the power cut. */
export async function startNode(state: SandboxState, node: NodeName): Promise<void> {
  if ((await nodeProcess(node)) !== undefined) return;
  const folder = nodeFolder(node);
  // A node that died by itself may have left processes that were just leaving, and its loop devices.
  await clearLeftovers(node);
  await writeNodeConfig(state, node);
  await placeTemplate(`${folder}/containerd`);
  await createDiskImages(node);
  const disks = await attachDisks(node);
  if (!(await hasNodeNetwork(node))) await createNodeNetwork(state.addresses, node);
  for (const file of ['pid', 'boot_id']) await rm(`${folder}/${file}`, { force: true });
  // overlayfs refuses a work directory with leftovers of another mount.
  await rm(`${folder}/work`, { recursive: true, force: true });
  await mkdir(`${folder}/work`);
  const holder = await startDaemon(
    node,
    [
      'nsenter',
      `--net=${namespaceFolder}/${namespaceOf(node)}`,
      'unshare',
      '--mount',
      '--pid',
      '--uts',
      '--ipc',
      '--cgroup',
      '--fork',
      '--kill-child',
      '--propagation',
      'private',
      'bash',
      `${checkout}/sandbox/cluster/node-init.sh`,
    ],
    {
      unit: node,
      env: {
        NODE: node,
        NODE_ADDRESS: nodeAddress(state.addresses, node),
        HOME_DIR: folder,
        ROOTFS: nodeRootfs.path,
        BIN: tools.kubernetes,
        DISKS: disks.map((disk) => `${disk.name}=${disk.loop}`).join(' '),
      },
    },
  );
  const record = await until(`${node} to start`, 20, async () => {
    const pid = Number(await readFile(`${folder}/pid`, 'utf8').catch(() => '0'));
    const startTime = pid === 0 ? undefined : await startTimeOf(pid);
    if (startTime !== undefined) return { name: node, pid, startTime };
    if (!(await isRunning(holder)))
      throw new Problem(`${node} ended while starting`, `its output: ${paths.logs}/${node}.log`);
    return undefined;
  });
  await writeFile(`${folder}/process.json`, JSON.stringify(record));
}

/** The power cut: the first process is killed, and with it, by the kernel, everything on the node. */
export async function stopNode(node: NodeName): Promise<void> {
  const record = await nodeProcess(node);
  if (record !== undefined) process.kill(record.pid, 'SIGKILL');
  await clearLeftovers(node);
}

async function clearLeftovers(node: NodeName): Promise<void> {
  const record = await nodeProcess(node);
  if (record !== undefined)
    await until(`${node} to end`, 30, async () => ((await isRunning(record)) ? undefined : true));
  const holder = await runningRecord(node);
  if (holder !== undefined) process.kill(holder.pid, 'SIGKILL');
  await endGroup(node);
  await detachDisks(node);
}

/**
 * Waits until Kubernetes says Ready of this very boot. Without the boot id, a node that was killed a moment ago still
 * counts as Ready from before.
 */
export async function waitNodeReady(node: NodeName, seconds: number): Promise<void> {
  const bootId = await until(`the boot id of ${node}`, seconds, async () => {
    if ((await nodeProcess(node)) === undefined)
      throw new Problem(`${node} ended`, `npm run sandbox -- logs ${node}`);
    return readFile(`${nodeFolder(node)}/boot_id`, 'utf8').catch(() => undefined);
  });
  await until(
    `${node} to become Ready`,
    seconds,
    async () => {
      const seen = (await listNodes()).find((entry) => entry.name === node);
      if (seen?.ready === true && seen.bootId === bootId.trim()) return true;
      if ((await nodeProcess(node)) === undefined)
        throw new Problem(`${node} ended`, `npm run sandbox -- logs ${node}`);
      return undefined;
    },
    () => whyNotReady(node),
  );
}

/** What is known of a node that does not become Ready: the state goes with the next reset, and nobody saw its logs. */
async function whyNotReady(node: NodeName): Promise<string> {
  const seen = (await listNodes()).find((entry) => entry.name === node);
  const inKubernetes = seen ? `Ready: ${seen.ready}; ${seen.message}` : 'Kubernetes does not know the node';
  const log = await readFile(`${nodeFolder(node)}/log/kubelet.log`, 'utf8').catch(() => '');
  const errors = log.split('\n').filter((line) => line.startsWith('E') || line.startsWith('---'));
  // The same error comes ten times a second: of each place in the kubelet's code the last one is enough.
  const last = new Map(errors.map((line) => [/\w+\.go:\d+/.exec(line)?.[0] ?? line, line]));
  return [
    `npm run sandbox -- logs ${node}`,
    inKubernetes,
    `its kubelet's errors:`,
    ...[...last.values()].slice(-KUBELET_ERRORS),
  ].join('\n');
}

export interface SeenNode {
  readonly name: string;
  readonly ready: boolean;
  /** Of the condition Ready. */
  readonly message: string;
  readonly bootId: string;
}

const nodeListSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      status: z.object({
        conditions: z
          .array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() }))
          .default([]),
        nodeInfo: z.object({ bootID: z.string() }),
      }),
    }),
  ),
});

/** The nodes as Kubernetes sees them; none while it does not answer. */
export async function listNodes(): Promise<SeenNode[]> {
  const text = await ask([
    tools.kubectl,
    '--kubeconfig',
    paths.kubeconfig,
    '--request-timeout=5s',
    'get',
    '--raw',
    '/api/v1/nodes',
  ]);
  if (text === undefined) return [];
  return nodeListSchema.parse(JSON.parse(text)).items.map(({ metadata, status }) => ({
    name: metadata.name,
    ready: readyOf(status.conditions)?.status === 'True',
    message: readyOf(status.conditions)?.message ?? 'no condition Ready',
    bootId: status.nodeInfo.bootID,
  }));
}

const readyOf = <T extends { readonly type: string }>(conditions: readonly T[]): T | undefined =>
  conditions.find(({ type }) => type === 'Ready');
