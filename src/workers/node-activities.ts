import { createCurveNodeActivities } from '../activities/curve/node/activities.ts';
import { type NodeActivityDeps, createNodeActivities } from '../activities/node/activities.ts';
import { withPrefix } from '../systems/activity-names.ts';
import { SYSTEM as CURVE } from '../systems/curve/spec.ts';

/** All that a node worker can be asked for: the general activities, and those of each system on a line of its own. */
export const nodeActivities = (deps: NodeActivityDeps): object => ({
  ...createNodeActivities(deps),
  ...withPrefix(CURVE, createCurveNodeActivities(deps)),
});
