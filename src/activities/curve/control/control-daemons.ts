import type { KubeObject } from '../../../kube/resources.ts';
import type { CurveContext } from '../../../systems/curve/layout.ts';
import { type ControlDaemon, names } from '../../../systems/curve/names.ts';
import type { ApplyStep, AwaitStep } from '../contract.ts';
import type { DaemonFacts } from '../../control/contract.ts';
import { daemonIn, whyNotRunning } from '../../control/daemons.ts';
import type { ActivityContext } from '../../control/activity-context.ts';
import { applyAll, driftOf, instanceOf, ofInstances } from '../../control/desired-state.ts';
import {
  type HealthCheck,
  awaitHealth,
  inKubernetes,
  judgeStep,
  checkOnce,
} from '../../control/daemon-health.ts';
import { scopeOf } from './scopes.ts';

/** A kind of daemon of the control plane: etcd, mds, snapshotclone. */
export interface DaemonKind {
  readonly component: ControlDaemon;
  /** What it consists of in Kubernetes, as the spec wants it. */
  readonly objects: (work: ActivityContext, context: CurveContext) => Promise<readonly KubeObject[]>;
  readonly check: (context: CurveContext) => HealthCheck;
}

/** Whether all is as the spec wants it and healthy, and which instances run in an older form. */
export const observe =
  ({ component, objects, check }: DaemonKind) =>
  async (work: ActivityContext, context: CurveContext): Promise<DaemonFacts> => {
    const scope = scopeOf(context, component);
    const drift = await driftOf(work.kube, context, await objects(work, context));
    const facts = await judgeStep(drift, () => checkOnce(work, scope, check(context)));
    const changed = new Set(drift.flatMap(({ object }) => instanceOf(object) ?? []));
    if (changed.size === 0) return { ...facts, outdated: [] };
    const { deployments, pods } = await inKubernetes(work, scope);
    const runs = (instance: string): boolean =>
      daemonIn(names.daemon(context.operation.name, component, instance), deployments, pods).running;
    return { ...facts, outdated: [...changed].filter(runs) };
  };

export const apply =
  ({ objects }: DaemonKind) =>
  async (work: ActivityContext, { context, instances }: ApplyStep): Promise<void> =>
    applyAll(work.kube, context, ofInstances(instances, await objects(work, context)));

/** Until nothing is wrong; with an instance only until that one runs and the kind serves. */
export const awaitHealthy =
  ({ component, check }: DaemonKind) =>
  (work: ActivityContext, { context, instance }: AwaitStep): Promise<void> =>
    awaitHealth(
      work,
      scopeOf(context, component),
      instance === undefined
        ? check(context)
        : checkInstance(names.daemon(context.operation.name, component, instance), check(context)),
    );

/** A standby is ready before it knows whether it can lead: only a leader that serves shows that the rest can be changed. */
const checkInstance =
  (name: string, look: HealthCheck): HealthCheck =>
  async (work, seen, words) => {
    const [why, { unserved = [] }] = await Promise.all([
      whyNotRunning(daemonIn(name, seen.deployments, seen.pods), words),
      look(work, seen, words),
    ]);
    return { done: 0, total: 0, problems: why === undefined ? unserved : [why, ...unserved], summary: '' };
  };
