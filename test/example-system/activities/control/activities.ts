import {
  type ControlDeps,
  activity,
  shortActivity,
} from '../../../../src/activities/control/activity-context.ts';
import { clusterIdOf } from '../../../../src/activities/control/cluster-id.ts';
import { applyAll } from '../../../../src/activities/control/desired-state.ts';
import type { ControlActivitySet } from '../../../../src/activities/control/contract.ts';
import { watchHealth } from '../../../../src/activities/control/health-watch.ts';
import { layoutOf, settingsObject } from '../../systems/layout.ts';
import type { ExampleCalls, ExampleWaits } from '../contract.ts';
import { exampleHealth } from './health.ts';
import { observeSettings } from './settings.ts';

/** What the control worker can be asked for by the example's workflows, by the names of the contract. */
export const createExampleControlActivities = (
  deps: ControlDeps,
): ControlActivitySet<ExampleCalls, ExampleWaits> => ({
  calls: {
    observeClusterId: shortActivity(deps, ({ kube }, resource) => clusterIdOf(kube, resource)),
    computeLayout: shortActivity(deps, async (_context, input) => layoutOf(input)),
    observeSettings: shortActivity(deps, observeSettings),
    applySettings: shortActivity(deps, ({ kube }, layout) =>
      applyAll(kube, layout.context, [settingsObject(layout)]),
    ),
  },
  waits: {
    watchHealth: activity(deps, (context, input) => watchHealth(context, input, exampleHealth)),
  },
});
