import type { ActivityContext } from '../../../../src/activities/control/activity-context.ts';
import type { StepFacts } from '../../../../src/activities/control/contract.ts';
import { driftOf } from '../../../../src/activities/control/desired-state.ts';
import { type ExampleLayout, settingsObject } from '../../systems/layout.ts';

/** Whether the ConfigMap is as the spec wants it. */
export async function observeSettings({ kube }: ActivityContext, layout: ExampleLayout): Promise<StepFacts> {
  const drifts = await driftOf(kube, layout.context, [settingsObject(layout)]);
  const satisfied = drifts.length === 0;
  const detail = satisfied
    ? `${Object.keys(layout.settings).length} settings`
    : drifts.map((d) => d.reason).join('; ');
  return { satisfied, detail };
}
