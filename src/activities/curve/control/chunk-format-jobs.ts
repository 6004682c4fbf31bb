import { applyOwned } from '../../../kube/apply.ts';
import { type Scope, list } from '../../../kube/objects.ts';
import { JOBS, NODES, PODS } from '../../../kube/resources.ts';
import { ANNOTATION } from '../../../systems/names.ts';
import type { ChunkFormatJob } from '../../../systems/curve/pool.ts';
import { formatJob } from '../../../systems/curve/objects/jobs.ts';
import { formatWords } from '../../../systems/curve/tools/exit-codes.ts';
import type { NodesAwaited } from '../../control/contract.ts';
import type { StorageNode } from '../../../systems/curve/layout.ts';
import type { NodeStep, NodesStep } from '../contract.ts';
import { certainRuns } from '../../control/certain-runs.ts';
import { refusePermanent } from '../../control/daemons.ts';
import type { ActivityContext } from '../../control/activity-context.ts';
import { ownedBy } from '../../control/desired-state.ts';
import { scopeOf, scopeOfNodes } from './scopes.ts';
import { TROUBLE_LASTS_MS } from '../../control/intervals.ts';
import { toolOutput } from '../../control/job-log.ts';
import { type JobRun, runsIn } from '../../control/job-runs.ts';
import { PodDiagnosis } from '../../control/pod-diagnosis.ts';
import { freeStranded, removeJob } from '../../control/remove-jobs.ts';
import { select } from '../../control/waiting.ts';
import { type NodeProgress, awaitNodes } from '../../control/nodes-wait.ts';

/** The newest curve_format Job of each disk of the node. */
export async function observeChunkFormatJobs(
  work: ActivityContext,
  step: NodeStep,
): Promise<readonly ChunkFormatJob[]> {
  return described(work, step, await runsNow(work, step));
}

/**
 * Starts one Job for each disk, unless one of that disk may still be running: a second curve_format beside it would
 * double the chunks. Ended Jobs stay for people to read, all but the last of each disk.
 */
export async function applyChunkFormatJobs(
  work: ActivityContext,
  { context, node, attempt }: NodeStep & { readonly attempt: number },
): Promise<void> {
  const all = await runsNow(work, { context, node });
  for (const disk of node.disks) {
    const runs = runsOf(disk.device, all);
    if (runs.some((run) => run.state === 'running' || run.attempt >= attempt)) continue;
    await applyOwned(work.kube, formatJob(context, node, disk, attempt), ownedBy(context));
    for (const old of runs.slice(0, -1)) await removeJob(work.kube, old);
  }
}

/** Waits until it is certain for one of the nodes that no curve_format of its disks runs. */
export async function awaitChunkFormatJobs(
  work: ActivityContext,
  { context, nodes }: NodesStep,
): Promise<NodesAwaited> {
  const scope = scopeOfNodes(context, 'format', nodes);
  const words = new PodDiagnosis(work, TROUBLE_LASTS_MS);
  const watched = { jobs: select(JOBS, scope), pods: select(PODS, scope) };
  return awaitNodes(work, watched, nodes, async (seen) => {
    const all = await certainRuns(work, scope, seen);
    await freeStranded(work.kube, all);
    return (node) => checkRuns(node, all, words);
  });
}

async function checkRuns(
  { node, disks }: StorageNode,
  all: readonly JobRun[],
  words: PodDiagnosis,
): Promise<NodeProgress> {
  const own = all.filter(({ job }) => job.metadata?.annotations?.[ANNOTATION.node] === node);
  const running = disks.flatMap(({ device }) => runningOf(device, own));
  const problems = await Promise.all(
    running.map(({ device, run }) => runningWords(`${device} on ${node}`, run, words)),
  );
  return { done: disks.length - running.length, total: disks.length, problems };
}

const nodeScope = ({ node }: NodeStep): Scope => ({ fieldSelector: `metadata.name=${node.node}` });

async function runsNow(work: ActivityContext, step: NodeStep): Promise<readonly JobRun[]> {
  const scope = scopeOf(step.context, 'format', step.node.node);
  // First the Jobs: a pod that is made in between is then seen, and the other way round its Job would seem lost.
  const jobs = await list(work.kube, JOBS, scope);
  const [pods, nodes] = await Promise.all([
    list(work.kube, PODS, scope),
    list(work.kube, NODES, nodeScope(step)),
  ]);
  return runsIn({ jobs: jobs.items, pods: pods.items, nodes: nodes.items });
}

const runsOf = (device: string, runs: readonly JobRun[]): readonly JobRun[] =>
  runs.filter((run) => run.job.metadata?.annotations?.[ANNOTATION.device] === device);

function runningOf(device: string, all: readonly JobRun[]): readonly { device: string; run: JobRun }[] {
  const run = runsOf(device, all).find(({ state }) => state === 'running');
  return run ? [{ device, run }] : [];
}

const described = (
  work: ActivityContext,
  { node }: NodeStep,
  all: readonly JobRun[],
): Promise<readonly ChunkFormatJob[]> =>
  Promise.all(node.disks.map(({ device }) => describe(work, device, runsOf(device, all))));

async function describe(
  work: ActivityContext,
  device: string,
  runs: readonly JobRun[],
): Promise<ChunkFormatJob> {
  const newest = runs.find((run) => run.state === 'running') ?? runs.at(-1);
  if (!newest) return { device, attempt: 0, state: 'absent', detail: 'no curve_format Job' };
  const { attempt, state, reason } = newest;
  const output = state === 'running' ? undefined : await toolOutput(work, newest);
  if (!output) return { device, attempt, state, detail: reason };
  return { device, attempt, state, exitCode: output.exitCode, detail: formatWords(output) };
}

async function runningWords(
  disk: string,
  { pod, reason: said }: JobRun,
  words: PodDiagnosis,
): Promise<string> {
  if (!pod) return `curve_format of ${disk}: ${said}`;
  refusePermanent(pod);
  return (await words.reason(pod)) ?? `curve_format fills ${disk}`;
}
