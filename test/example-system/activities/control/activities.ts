import {
  type ControlDeps,
  activity,
  shortActivity,
} from '../../../../src/activities/control/activity-context.ts';
import { clusterIdOf } from '../../../../src/activities/control/cluster-id.ts';
import { applyAll } from '../../../../src/activities/control/desired-state.ts';
import { watchHealth } from '../../../../src/activities/control/health-watch.ts';
import { layoutOf, settingsObject } from '../../systems/layout.ts';
import type { ExampleControlActivities } from '../contract.ts';
import { exampleHealth } from './health.ts';
import { observeSettings } from './settings.ts';

/** What the control worker can be asked for by the example's workflows, by the names of the contract. */
export const createExampleControlActivities = (deps: ControlDeps): ExampleControlActivities => ({
  observeClusterId: shortActivity(deps, ({ kube }, resource) => clusterIdOf(kube, resource)),
  computeLayout: shortActivity(deps, async (_context, input) => layoutOf(input)),
  observeSettings: shortActivity(deps, observeSettings),
  applySettings: shortActivity(deps, ({ kube }, layout) =>
    applyAll(kube, layout.context, [settingsObject(layout)]),
  ),
  watchHealth: activity(deps, (context, input) => watchHealth(context, input, exampleHealth)),
});
