import { type ControlDeps, shortActivity } from './activity-context.ts';
import { claimClusterId } from './cluster-id.ts';
import type { ControlActivities } from './contract.ts';
import { readResource, recordEvent, writePhases, writeTerminated } from './status.ts';

/** What the control worker can be asked for by every system, by the names of the contract. */
export function createControlActivities(deps: ControlDeps): ControlActivities {
  return {
    claimClusterId: shortActivity(deps, claimClusterId),
    writePhases: shortActivity(deps, writePhases),
    writeTerminated: shortActivity(deps, writeTerminated),
    recordEvent: shortActivity(deps, recordEvent),
    readResource: shortActivity(deps, readResource),
  };
}
