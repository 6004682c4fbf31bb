import {
  type ActivityContext,
  type ControlDeps,
  shortActivity,
} from '../../../../src/activities/control/activity-context.ts';
import { clusterIdOf } from '../../../../src/activities/control/cluster-id.ts';
import type { StepFacts } from '../../../../src/activities/control/contract.ts';
import { applyAll, driftOf } from '../../../../src/activities/control/desired-state.ts';
import { type ExampleLayout, layoutOf, settingsObject } from '../../systems/layout.ts';
import type { ExampleControlActivities } from '../contract.ts';

/** What the control worker can be asked for by the example's workflows, by the names of the contract. */
export const createExampleControlActivities = (deps: ControlDeps): ExampleControlActivities => ({
  observeClusterId: shortActivity(deps, ({ kube }, resource) => clusterIdOf(kube, resource)),
  computeLayout: shortActivity(deps, async (_context, input) => layoutOf(input)),
  observeSettings: shortActivity(deps, observeSettings),
  applySettings: shortActivity(deps, ({ kube }, layout) =>
    applyAll(kube, layout.context, [settingsObject(layout)]),
  ),
});

async function observeSettings({ kube }: ActivityContext, layout: ExampleLayout): Promise<StepFacts> {
  const drifts = await driftOf(kube, layout.context, [settingsObject(layout)]);
  const satisfied = drifts.length === 0;
  const detail = satisfied
    ? `${Object.keys(layout.settings).length} settings`
    : drifts.map((d) => d.reason).join('; ');
  return { satisfied, detail };
}
