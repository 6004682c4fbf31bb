import type { V1Job, V1Node } from '@kubernetes/client-node';
import type { Wire } from '../../kube/resources.ts';
import { ANNOTATION } from '../../systems/names.ts';
import { type Pod, exitCodeOf, hasEnded, hasSucceeded } from './pods.ts';

export type Job = Wire<V1Job>;
export type Node = Wire<V1Node>;

/** One Job of ours as it stands, judged by its pod. */
export interface JobRun {
  readonly job: Job;
  readonly attempt: number;
  /** `running` until its end is certain: a pod on a node that is away may still run. */
  readonly state: 'running' | 'succeeded' | 'failed';
  /** Of the tool; absent when it was killed or its pod lost. */
  readonly exitCode: number | undefined;
  readonly pod: Pod | undefined;
  /** What Kubernetes says about the end or the wait, without the log. */
  readonly reason: string;
}

/** What is needed to judge Jobs: the nodes may be left out where pods are not bound to one. */
export interface JobsSeen {
  readonly jobs: readonly Job[];
  readonly pods: readonly Pod[];
  readonly nodes?: readonly Node[];
}

/** The Jobs of a scope, oldest attempt first. */
export function runsIn(seen: JobsSeen): readonly JobRun[] {
  return seen.jobs.map((job) => runOf(job, seen)).toSorted((a, b) => a.attempt - b.attempt);
}

export const attemptOf = (job: Job): number => Number(job.metadata?.annotations?.[ANNOTATION.attempt] ?? 0);

function runOf(job: Job, { pods, nodes = [] }: JobsSeen): JobRun {
  const own = pods.filter(
    (pod) => pod.metadata?.ownerReferences?.some((o) => o.uid === job.metadata?.uid) === true,
  );
  const alive = own.find((pod) => !hasEnded(pod));
  const pod = alive ?? own.at(-1);
  const base = { job, attempt: attemptOf(job), pod };
  if (alive)
    return {
      ...base,
      state: 'running',
      exitCode: undefined,
      reason: `pod ${alive.metadata?.name ?? ''} runs`,
    };
  if (pod) return { ...base, ...ended(job, pod) };
  return { ...base, exitCode: undefined, ...withoutPod(job, nodes) };
}

function ended(job: Job, pod: Pod): Pick<JobRun, 'state' | 'exitCode' | 'reason'> {
  const state = hasSucceeded(pod) ? 'succeeded' : 'failed';
  const container = job.spec?.template.spec?.containers[0]?.name ?? '';
  const end = pod.status?.containerStatuses?.find((c) => c.name === container)?.state?.terminated;
  // After a reboot kubelet and containerd make an exit code up for a container that they cannot find any more.
  const madeUp = end?.reason === 'ContainerStatusUnknown' || end?.reason === 'Unknown';
  const lost = madeUp || pod.status?.reason !== undefined;
  const exitCode = lost ? undefined : exitCodeOf(pod, container);
  const reason = [pod.status?.reason, pod.status?.message, end?.reason, end?.message]
    .filter(Boolean)
    .join(': ');
  return { state, exitCode, reason };
}

/** The pod's object is gone, or was never made. */
function withoutPod(job: Job, nodes: readonly Node[]): Pick<JobRun, 'state' | 'reason'> {
  const condition = job.status?.conditions?.find(
    (c) => c.status === 'True' && ['Complete', 'Failed'].includes(c.type),
  );
  if (!condition) return { state: 'running', reason: 'Kubernetes has not made its pod yet' };
  const node = nodes.find((n) => n.metadata?.name === job.metadata?.annotations?.[ANNOTATION.node]);
  if (node && !isNodeReady(node)) {
    const name = node.metadata?.name ?? '';
    const reason = `its pod is gone from Kubernetes, but node ${name} does not answer: the tool may still run there`;
    return { state: 'running', reason };
  }
  const reason = [condition.reason, condition.message].filter(Boolean).join(': ');
  return { state: condition.type === 'Complete' ? 'succeeded' : 'failed', reason };
}

export const isNodeReady = (node: Node): boolean =>
  node.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') === true;
