import { activitiesOf } from '../../../src/workflows/activity-options.ts';
import type { ExampleControlActivities, ExampleNodeActivities } from '../activities/contract.ts';
import { SYSTEM } from '../systems/spec.ts';

/** The example's own activities; the general ones are in src/workflows/activity-options.ts. */
export const example = activitiesOf<ExampleControlActivities, ExampleNodeActivities>(SYSTEM);
