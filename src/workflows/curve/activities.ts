import type { CurveCalls, CurveNodeActivities, CurveWaits } from '../../activities/curve/contract.ts';
import { activitiesOf } from '../activity-options.ts';

/** Curve's own activities; the general ones are in ../activity-options.ts. */
export const curve = activitiesOf<CurveCalls, CurveWaits, CurveNodeActivities>('curve');
