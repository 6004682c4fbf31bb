import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createControlActivities } from '../../src/activities/control/activities.ts';
import { askDaemon } from '../../src/activities/control/ask.ts';
import type { ControlActivities } from '../../src/activities/control/contract.ts';
import type { Kube } from '../../src/kube/client.ts';

type Name = keyof ControlActivities;
type Input<K extends Name> = Parameters<ControlActivities[K]>;
type Result<K extends Name> = Promise<Awaited<ReturnType<ControlActivities[K]>>>;

/** One activity under way. */
export interface Running<K extends Name> {
  readonly ended: Result<K>;
  /** What its last heartbeat says is waited for. */
  readonly waitingFor: () => string | undefined;
  readonly cancel: () => void;
}

/** The control activities as the control worker runs them, within a workflow of the given id. */
export interface ControlRunner {
  /** Runs one to its end. */
  readonly run: <K extends Name>(name: K, ...input: Input<K>) => Result<K>;
  readonly begin: <K extends Name>(name: K, ...input: Input<K>) => Running<K>;
}

export function controlActivity(kube: Kube, workflowId = 'curve/test/test/1'): ControlRunner {
  const activities = createControlActivities({ kube, ask: askDaemon, identity: 'test' });
  const begin = <K extends Name>(name: K, ...input: Input<K>): Running<K> => {
    const environment = new MockActivityEnvironment(
      { workflowExecution: { workflowId, runId: 'test' } },
      { logger: new DefaultLogger('ERROR') },
    );
    let last: string | undefined;
    environment.on('heartbeat', (progress: { waitingFor: string }) => (last = progress.waitingFor));
    const activity = activities[name] as (...input: Input<K>) => Result<K>;
    return {
      ended: environment.run(activity, ...input),
      waitingFor: () => last,
      cancel: () => environment.cancel(),
    };
  };
  return { begin, run: (name, ...input) => begin(name, ...input).ended };
}
