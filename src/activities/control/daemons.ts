import type { V1Deployment } from '@kubernetes/client-node';
import { type Wire, objectKey } from '../../kube/resources.ts';
import { operationFailure } from '../../systems/failures.ts';
import { applicationFailure } from '../failure.ts';
import type { PodDiagnosis } from './pod-diagnosis.ts';
import { type Pod, isReady, troubleOf } from './pods.ts';

export type Deployment = Wire<V1Deployment>;

/** One daemon of a cluster in Kubernetes: its Deployment and the pods that this has made. */
export interface Daemon {
  readonly name: string;
  readonly deployment: Deployment | undefined;
  readonly pods: readonly Pod[];
  /** The newest form of the Deployment runs, in a pod that is Ready. */
  readonly running: boolean;
}

/** Finds a daemon by the name of its Deployment. */
export function daemonIn(name: string, deployments: readonly Deployment[], pods: readonly Pod[]): Daemon {
  const deployment = deployments.find((d) => d.metadata?.name === name);
  const own = pods.filter((pod) => ownerOf(pod) === name);
  return {
    name,
    deployment,
    pods: own,
    running: deployment !== undefined && rolledOut(deployment) && own.some(isReady),
  };
}

/** Name of the Deployment that a pod belongs to: that of its ReplicaSet without the hash. */
export function ownerOf(pod: Pod): string | undefined {
  const hash = pod.metadata?.labels?.['pod-template-hash'];
  const set = pod.metadata?.ownerReferences?.find((owner) => owner.kind === 'ReplicaSet')?.name;
  return hash !== undefined && set?.endsWith(`-${hash}`) === true
    ? set.slice(0, -hash.length - 1)
    : undefined;
}

/** True when Kubernetes has acted on the newest form and nothing of an older one is left. */
function rolledOut({ metadata, status }: Deployment): boolean {
  return (
    (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0) &&
    (status?.updatedReplicas ?? 0) >= 1 &&
    status?.replicas === status?.updatedReplicas
  );
}

/** What keeps a daemon from running, in words; undefined when it runs. Fails where no wait can help. */
export async function whyNotRunning(daemon: Daemon, words: PodDiagnosis): Promise<string | undefined> {
  if (daemon.running) return undefined;
  if (!daemon.deployment) return `Deployment ${daemon.name} does not exist`;
  for (const pod of daemon.pods) refusePermanent(pod);
  const told = (await Promise.all(daemon.pods.map((pod) => words.reason(pod)))).filter(
    (w) => w !== undefined,
  );
  if (told.length > 0) return told.join('; ');
  const refused = daemon.deployment.status?.conditions?.find(
    (c) => c.type === 'ReplicaFailure' && c.status === 'True',
  );
  if (refused) return `Deployment ${daemon.name}: ${refused.reason ?? ''}: ${refused.message ?? ''}`;
  return `Deployment ${daemon.name}: Kubernetes is rolling it out`;
}

/** A pod that can never run is a failure that a person must correct. */
export function refusePermanent(pod: Pod): void {
  const trouble = troubleOf(pod);
  if (trouble?.permanent === undefined) return;
  const subject = `pod ${objectKey(pod.metadata)}`;
  throw applicationFailure(
    operationFailure(trouble.permanent, {
      message: `${subject} can never start: ${trouble.reason}`,
      subject,
    }),
  );
}
