import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createControlActivities } from '../../src/activities/control/activities.ts';
import { createCurveControlActivities } from '../../src/activities/curve/control/activities.ts';
import type { CurveCalls, CurveWaits } from '../../src/activities/curve/contract.ts';
import { SYSTEMS } from '../../src/systems/registry.ts';
import { askDaemon } from '../../src/activities/control/daemon-http.ts';
import type { ControlActivities } from '../../src/activities/control/contract.ts';
import {
  type ControlDeps,
  type ActivityContext,
  activity,
} from '../../src/activities/control/activity-context.ts';
import type { Kube } from '../../src/kube/client.ts';

type All = ControlActivities & CurveCalls & CurveWaits;
type Name = keyof All;
type Input<K extends Name> = Parameters<All[K]>;
type Result<K extends Name> = Promise<Awaited<ReturnType<All[K]>>>;

/** One activity under way. */
export interface Underway<R> {
  readonly ended: R;
  /** What its last heartbeat says is waited for. */
  readonly waitingFor: () => string | undefined;
  readonly cancel: () => void;
}

type Running<K extends Name> = Underway<Result<K>>;

/** The general and Curve's control activities as the control worker runs them, within a workflow of the given id. */
export interface ControlRunner {
  /** Runs one to its end. */
  readonly run: <K extends Name>(name: K, ...input: Input<K>) => Result<K>;
  readonly begin: <K extends Name>(name: K, ...input: Input<K>) => Running<K>;
}

export function controlActivity(kube: Kube, workflowId = 'curve/test/test/1'): ControlRunner {
  const deps = depsOf(kube);
  const { calls, waits } = createCurveControlActivities(deps);
  const activities: All = { ...createControlActivities(deps), ...calls, ...waits };
  const begin = <K extends Name>(name: K, ...input: Input<K>): Running<K> =>
    under(workflowId, activities[name] as unknown as (...input: Input<K>) => Result<K>, input);
  return { begin, run: (name, ...input) => begin(name, ...input).ended };
}

/** Runs a part of an activity as an activity of its own. */
export const controlStep = <R>(
  kube: Kube,
  run: (work: ActivityContext) => Promise<R>,
): Underway<Promise<R>> => under('curve/test/test/1', activity(depsOf(kube), run), []);

const depsOf = (kube: Kube): ControlDeps => ({
  kube,
  ask: askDaemon,
  systems: SYSTEMS,
  identity: 'test',
});

function under<I extends unknown[], R extends Promise<unknown>>(
  workflowId: string,
  activity: (...input: I) => R,
  input: I,
): Underway<R> {
  const environment = new MockActivityEnvironment(
    { workflowExecution: { workflowId, runId: 'test' } },
    { logger: new DefaultLogger('ERROR') },
  );
  let last: string | undefined;
  environment.on('heartbeat', (progress: { waitingFor: string }) => (last = progress.waitingFor));
  return {
    ended: environment.run(activity as never, ...(input as never)) as R,
    waitingFor: () => last,
    cancel: () => environment.cancel(),
  };
}
