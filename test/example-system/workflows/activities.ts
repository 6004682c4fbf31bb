import { activitiesOf } from '../../../src/workflows/activity-options.ts';
import type { ExampleCalls, ExampleNodeActivities, ExampleWaits } from '../activities/contract.ts';
import { SYSTEM } from '../systems/spec.ts';

/** The example's own activities; the general ones are in src/workflows/activity-options.ts. */
export const example = activitiesOf<ExampleCalls, ExampleWaits, ExampleNodeActivities>(SYSTEM);
