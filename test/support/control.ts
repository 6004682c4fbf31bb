import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createControlActivities } from '../../src/activities/control/activities.ts';
import { askDaemon } from '../../src/activities/control/ask.ts';
import type { ControlActivities } from '../../src/activities/control/contract.ts';
import type { Kube } from '../../src/kube/client.ts';

type Name = keyof ControlActivities;

/** Runs one activity as the control worker would, within a workflow of the given id. */
export function controlActivity(
  kube: Kube,
  workflowId = 'curve/test/test/1',
): {
  readonly activities: ControlActivities;
  readonly environment: () => MockActivityEnvironment;
  readonly run: <K extends Name>(
    name: K,
    ...input: Parameters<ControlActivities[K]>
  ) => Promise<Awaited<ReturnType<ControlActivities[K]>>>;
} {
  const activities = createControlActivities({ kube, ask: askDaemon, identity: 'test' });
  const environment = (): MockActivityEnvironment =>
    new MockActivityEnvironment(
      { workflowExecution: { workflowId, runId: 'test' } },
      { logger: new DefaultLogger('ERROR') },
    );
  return {
    activities,
    environment,
    run: (name, ...input) => environment().run(activities[name] as never, ...(input as never)),
  };
}
