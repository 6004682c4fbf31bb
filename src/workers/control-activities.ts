import type { ControlDeps } from '../activities/control/activity-context.ts';
import { createControlActivities } from '../activities/control/activities.ts';
import { createCurveControlActivities } from '../activities/curve/control/activities.ts';
import type { ControlActivitySet } from '../activities/control/contract.ts';
import { withPrefix } from '../systems/activity-names.ts';
import { SYSTEM as CURVE } from '../systems/curve/spec.ts';

/** All that a control worker can be asked for: the general activities, and those of each system on a line of its own. */
export function controlActivities(deps: ControlDeps): ControlActivitySet {
  const curve = createCurveControlActivities(deps);
  return {
    calls: {
      ...createControlActivities(deps),
      ...withPrefix(CURVE, curve.calls),
    },
    waits: {
      ...withPrefix(CURVE, curve.waits),
    },
  };
}
