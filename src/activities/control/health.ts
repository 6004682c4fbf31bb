import type { StepCheck } from '../../systems/curve/ready.ts';
import { list } from '../../kube/objects.ts';
import { DEPLOYMENTS, type KubeObject, PODS } from '../../kube/resources.ts';
import type { CurveContext } from '../../systems/curve/layout.ts';
import { type Component, componentLabels, selector } from '../../systems/curve/names.ts';
import type { StepFacts } from './contract.ts';
import type { Deployment } from './daemons.ts';
import type { Work } from './deps.ts';
import { type Drift, driftOf } from './desired.ts';
import { TROUBLE_LASTS_MS } from './intervals.ts';
import { PodWords } from './pod-words.ts';
import type { Pod } from './pods.ts';
import { type Look, awaitAnswer, select } from './waiting.ts';

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
export type HealthLook = (work: Work, seen: InKubernetes, words: PodWords) => Promise<Health>;

/** A message of a heartbeat is for reading. */
const MOST_LETTERS = 1_000;

export function scopeOf(context: CurveContext, component: Component, node?: string) {
  const { operation, clusterId } = context;
  const of = { component, ...(node === undefined ? {} : { node }) };
  return {
    namespace: operation.namespace,
    labelSelector: selector(componentLabels(operation.name, clusterId, of)),
  };
}

type Scope = ReturnType<typeof scopeOf>;

/** Looks once. */
export const lookOnce = async (work: Work, scope: Scope, look: HealthLook): Promise<Health> =>
  look(work, await inKubernetes(work, scope), new PodWords(work, 0));

export async function inKubernetes({ kube }: Work, scope: Scope): Promise<InKubernetes> {
  const [deployments, pods] = await Promise.all([list(kube, DEPLOYMENTS, scope), list(kube, PODS, scope)]);
  return { deployments: deployments.items, pods: pods.items };
}

/** Looks until nothing is wrong. */
export async function awaitHealth(work: Work, scope: Scope, look: HealthLook): Promise<void> {
  const words = new PodWords(work, TROUBLE_LASTS_MS);
  const watched = { deployments: select(DEPLOYMENTS, scope), pods: select(PODS, scope) };
  await awaitAnswer(work, watched, async (seen) => asLook(await look(work, seen, words)));
}

/** Both halves of an observe step: the objects are as the spec wants them, and what they run is healthy. */
export async function stepFacts(
  work: Work,
  context: CurveContext,
  scope: Scope,
  objects: readonly KubeObject[],
  look: HealthLook,
): Promise<StepFacts> {
  return judgeStep(await driftOf(work.kube, context, objects), () => lookOnce(work, scope, look));
}

export async function judgeStep(drift: readonly Drift[], health: () => Promise<Health>): Promise<StepFacts> {
  if (drift.length > 0) return { satisfied: false, detail: brief(drift.map(({ words }) => words)) };
  const { problems, summary } = await health();
  return { satisfied: problems.length === 0, detail: problems.length === 0 ? summary : brief(problems) };
}

/** One check per problem, so that the message of Ready can name each; one that holds when there is none. */
export const checksOf = (reason: string, { problems, summary }: Health): readonly StepCheck[] =>
  problems.length === 0
    ? [{ reason, holds: true, detail: summary }]
    : problems.map((detail) => ({ reason, holds: false, detail }));

function asLook({ done, total, problems }: Health): Look<true> {
  return {
    progress: { done, total, waitingFor: brief(problems) },
    answer: problems.length === 0 ? true : undefined,
  };
}

function brief(sentences: readonly string[]): string {
  const whole = sentences.join('; ');
  return whole.length <= MOST_LETTERS ? whole : `${whole.slice(0, MOST_LETTERS - 1)}…`;
}
