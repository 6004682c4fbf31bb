import type { StepCheck } from '../../systems/curve/ready.ts';
import { list } from '../../kube/objects.ts';
import { DEPLOYMENTS, type KubeObject, PODS } from '../../kube/resources.ts';
import type { CurveContext } from '../../systems/curve/layout.ts';
import {
  type Component,
  type ControlDaemon,
  componentLabels,
  names,
  selector,
} from '../../systems/curve/names.ts';
import type { AwaitStep, StepFacts } from './contract.ts';
import { type Deployment, daemonIn, whyNotRunning } from './daemons.ts';
import type { Work } from './deps.ts';
import { driftOf, instanceOf } from './desired.ts';
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

async function inKubernetes({ kube }: Work, scope: Scope): Promise<InKubernetes> {
  const [deployments, pods] = await Promise.all([list(kube, DEPLOYMENTS, scope), list(kube, PODS, scope)]);
  return { deployments: deployments.items, pods: pods.items };
}

/** Looks until nothing is wrong. */
export async function awaitHealth(work: Work, scope: Scope, look: HealthLook): Promise<void> {
  const words = new PodWords(work, TROUBLE_LASTS_MS);
  const watched = { deployments: select(DEPLOYMENTS, scope), pods: select(PODS, scope) };
  await awaitAnswer(work, watched, async (seen) => asLook(await look(work, seen, words)));
}

/** The same of one kind of daemon; with an instance only until that one runs, however the others are. */
export const awaitDaemons = (
  work: Work,
  component: ControlDaemon,
  { context, instance }: AwaitStep,
  look: HealthLook,
): Promise<void> =>
  awaitHealth(
    work,
    scopeOf(context, component),
    instance === undefined ? look : lookAtOne(names.daemon(context.operation.name, component, instance)),
  );

const lookAtOne =
  (name: string): HealthLook =>
  async (_, { deployments, pods }, words) => {
    const why = await whyNotRunning(daemonIn(name, deployments, pods), words);
    const problems = why === undefined ? [] : [why];
    return { done: 1 - problems.length, total: 1, problems, summary: '' };
  };

/** Both halves of an observe step: the objects are as the spec wants them, and what they run is healthy. */
export async function stepFacts(
  work: Work,
  context: CurveContext,
  scope: Scope,
  objects: readonly KubeObject[],
  look: HealthLook,
): Promise<StepFacts> {
  const drift = await driftOf(work.kube, context, objects);
  if (drift.length > 0) {
    const changed = drift.flatMap(({ object }) => instanceOf(object) ?? []);
    const detail = brief(drift.map(({ words }) => words));
    return { satisfied: false, detail, outdated: runningOf(changed, await inKubernetes(work, scope)) };
  }
  const { problems, summary } = await lookOnce(work, scope, look);
  const satisfied = problems.length === 0;
  return { satisfied, detail: satisfied ? summary : brief(problems), outdated: [] };
}

/** Those of some instances that run, in the order of their names. */
function runningOf(instances: readonly string[], { deployments, pods }: InKubernetes): readonly string[] {
  const running = deployments
    .filter(({ metadata }) => daemonIn(metadata?.name ?? '', deployments, pods).running)
    .flatMap((deployment) => instanceOf(deployment) ?? []);
  return [...new Set(instances)].filter((instance) => running.includes(instance)).sort();
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
