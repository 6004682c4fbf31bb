import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import type { Wire } from '../../kube/resources.ts';

export type Pod = Wire<V1Pod>;
type Container = Wire<V1ContainerStatus>;

/** Why a pod does not run, as Kubernetes tells it. */
export interface PodTrouble {
  /** A sentence about the pod, without its name. */
  readonly reason: string;
  /** Set when waiting cannot help. */
  readonly permanent?: 'InvalidImageName';
  /** The log of this container's last run explains more. */
  readonly crashed?: string;
  /** Kubernetes tells more in the pod's events. */
  readonly inEvents?: boolean;
}

export const isReady = (pod: Pod): boolean =>
  pod.metadata?.deletionTimestamp === undefined &&
  pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') === true;

/**
 * Ended for good, as its kubelet told: a pod that is merely being deleted may still run. The containers' ends are told
 * a second before the pod's.
 */
export const hasEnded = (pod: Pod): boolean =>
  hasSucceeded(pod) || pod.status?.phase === 'Failed' || areOver(pod);

export const hasSucceeded = (pod: Pod): boolean =>
  pod.status?.phase === 'Succeeded' ||
  (areOver(pod) && pod.status?.containerStatuses?.every((c) => c.state?.terminated?.exitCode === 0) === true);

/** Every container has ended and none will be started again. */
function areOver({ spec, status }: Pod): boolean {
  const states = status?.containerStatuses ?? [];
  const all = states.length > 0 && states.length === spec?.containers.length;
  return spec?.restartPolicy === 'Never' && all && states.every((c) => c.state?.terminated !== undefined);
}

/**
 * Never to run and never to end: its node lost power after a container was made and before that was started. Where the
 * restart policy is Never the kubelet makes no new sandbox then, and goes on saying that the pod is pending (seen with
 * kubelet 1.36).
 */
export const isStranded = (pod: Pod): boolean =>
  pod.spec?.restartPolicy === 'Never' &&
  !hasEnded(pod) &&
  pod.status?.conditions?.some((c) => c.type === 'PodReadyToStartContainers' && c.status === 'False') ===
    true &&
  pod.status.containerStatuses?.some((c) => c.containerID !== undefined && c.state?.waiting !== undefined) ===
    true;

export const nodeOf = (pod: Pod): string | undefined => pod.spec?.nodeName;

/** The exit code of the named container, once it has ended. */
export const exitCodeOf = (pod: Pod, container: string): number | undefined =>
  pod.status?.containerStatuses?.find((c) => c.name === container)?.state?.terminated?.exitCode;

/** What keeps a pod from being Ready; undefined when it is. */
export function troubleOf(pod: Pod): PodTrouble | undefined {
  if (isReady(pod)) return undefined;
  if (pod.metadata?.deletionTimestamp !== undefined) return { reason: 'it is being deleted' };
  if (pod.status?.phase === 'Failed') {
    return { reason: [pod.status.reason ?? 'it failed', pod.status.message].filter(Boolean).join(': ') };
  }
  const unplaced = pod.status?.conditions?.find((c) => c.type === 'PodScheduled' && c.status !== 'True');
  if (unplaced) return { reason: `${unplaced.reason ?? 'not scheduled'}: ${unplaced.message ?? ''}` };
  if (nodeOf(pod) === undefined) return { reason: 'it waits for a node' };
  const preparing = (pod.status?.initContainerStatuses ?? []).filter(
    (c) => c.state?.terminated?.exitCode !== 0,
  );
  const containers = [...preparing, ...(pod.status?.containerStatuses ?? [])];
  return containers.map(containerTrouble).find((t) => t !== undefined) ?? unready(pod, containers);
}

function containerTrouble(container: Container): PodTrouble | undefined {
  const { waiting, terminated } = container.state ?? {};
  if (waiting) return waitingTrouble(container, waiting.reason ?? 'waiting', waiting.message);
  if (terminated?.exitCode === 0) return { reason: `${container.name} has done its work` };
  if (terminated) {
    return {
      reason: `${container.name} ended with exit code ${terminated.exitCode}`,
      crashed: container.name,
    };
  }
  return undefined;
}

function waitingTrouble(container: Container, reason: string, message: string | undefined): PodTrouble {
  const told = message === undefined ? reason : `${reason}: ${message}`;
  if (reason === 'InvalidImageName') return { reason: told, permanent: reason };
  if (reason === 'CrashLoopBackOff') {
    const code = container.lastState?.terminated?.exitCode;
    const last = code === undefined ? '' : `, last exit code ${code}`;
    return { reason: `${reason} after ${container.restartCount} restarts${last}`, crashed: container.name };
  }
  const creating = reason === 'ContainerCreating' || reason === 'PodInitializing';
  return { reason: told, ...(creating ? { inEvents: true } : {}) };
}

function unready(pod: Pod, containers: readonly Container[]): PodTrouble {
  if (containers.length === 0)
    return { reason: `the kubelet of ${nodeOf(pod) ?? '?'} has not begun with it`, inEvents: true };
  const again = containers.find((c) => c.restartCount > 0 && c.started !== true);
  if (again)
    return { reason: `${again.name} was restarted ${again.restartCount} times`, crashed: again.name };
  const condition = pod.status?.conditions?.find((c) => c.type === 'Ready');
  return {
    reason: `running, not ready yet${condition?.message === undefined ? '' : ` (${condition.message})`}`,
  };
}
