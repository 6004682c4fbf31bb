import type { StepCheck } from '../../systems/readiness.ts';
import { type Scope, list } from '../../kube/objects.ts';
import { DEPLOYMENTS, type KubeObject, PODS } from '../../kube/resources.ts';
import type { ClusterIdentity } from '../../systems/operation.ts';
import type { StepFacts } from './contract.ts';
import type { Deployment } from './daemons.ts';
import type { ActivityContext } from './activity-context.ts';
import { type Drift, driftOf } from './desired-state.ts';
import { TROUBLE_LASTS_MS } from './intervals.ts';
import { PodDiagnosis } from './pod-diagnosis.ts';
import type { Pod } from './pods.ts';
import { type Poll, awaitAnswer, joined, select } from './waiting.ts';

/** How a part of the cluster is, as its daemons and Kubernetes tell. */
export interface Health {
  /** Instances that are as they should be. */
  readonly done: number;
  readonly total: number;
  /** What is wrong or missing, a sentence each with node and object. Empty: healthy. */
  readonly problems: readonly string[];
  /** Those of them that say why the kind as a whole does not serve, where that is told apart. */
  readonly unserved?: readonly string[];
  /** What was found, for when nothing is wrong. */
  readonly summary: string;
}

/** What Kubernetes has of one component. */
export interface InKubernetes {
  readonly deployments: readonly Deployment[];
  readonly pods: readonly Pod[];
}

/** Looks at one component; asks its daemons. */
export type HealthCheck = (work: ActivityContext, seen: InKubernetes, words: PodDiagnosis) => Promise<Health>;

/** Checks once. */
export const checkOnce = async (work: ActivityContext, scope: Scope, look: HealthCheck): Promise<Health> =>
  look(work, await inKubernetes(work, scope), new PodDiagnosis(work, 0));

export async function inKubernetes({ kube }: ActivityContext, scope: Scope): Promise<InKubernetes> {
  const [deployments, pods] = await Promise.all([list(kube, DEPLOYMENTS, scope), list(kube, PODS, scope)]);
  return { deployments: deployments.items, pods: pods.items };
}

/** Looks until nothing is wrong. */
export async function awaitHealth(work: ActivityContext, scope: Scope, look: HealthCheck): Promise<void> {
  const words = new PodDiagnosis(work, TROUBLE_LASTS_MS);
  const watched = { deployments: select(DEPLOYMENTS, scope), pods: select(PODS, scope) };
  await awaitAnswer(work, watched, async (seen) => toPoll(await look(work, seen, words)));
}

/** Both halves of an observe step: the objects are as the spec wants them, and what they run is healthy. */
export async function stepFacts(
  work: ActivityContext,
  context: ClusterIdentity,
  scope: Scope,
  objects: readonly KubeObject[],
  look: HealthCheck,
): Promise<StepFacts> {
  return judgeStep(await driftOf(work.kube, context, objects), () => checkOnce(work, scope, look));
}

export async function judgeStep(drift: readonly Drift[], health: () => Promise<Health>): Promise<StepFacts> {
  if (drift.length > 0) return { satisfied: false, detail: joined(drift.map(({ reason }) => reason)) };
  const { problems, summary } = await health();
  return { satisfied: problems.length === 0, detail: problems.length === 0 ? summary : joined(problems) };
}

/** One check per problem, so that the message of Ready can name each; one that holds when there is none. */
export const checksOf = (reason: string, { problems, summary }: Health): readonly StepCheck[] =>
  problems.length === 0
    ? [{ reason, holds: true, detail: summary }]
    : problems.map((detail) => ({ reason, holds: false, detail }));

function toPoll({ done, total, problems }: Health): Poll<true> {
  return {
    progress: { done, total, waitingFor: joined(problems) },
    answer: problems.length === 0 ? true : undefined,
  };
}
