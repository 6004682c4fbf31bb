import { activityName } from '../../systems/activity-names.ts';
import type { ActivityMeaning, StorageSystem } from '../../systems/system.ts';

/** What general activities do. A system says in which of its phases; the others write for people or watch liveness. */
const GENERAL: Readonly<Record<string, string>> = {
  claimClusterId: 'take up the cluster id',
  inspectNode: 'inspect the node',
  inspectDisks: 'inspect disks',
  claimHostDataDir: 'claim the data directory',
  formatDisks: 'format disks',
};

/** What a pending activity means to a person, by the type that Temporal knows it by. */
export function meaningOf(system: StorageSystem | undefined, type: string): ActivityMeaning | undefined {
  if (system === undefined) return undefined;
  const own = Object.entries(system.activities).find(([name]) => activityName(system.id, name) === type);
  if (own !== undefined) return own[1];
  const [what, phases] = [GENERAL[type], system.generalActivities[type]];
  return what === undefined || phases === undefined ? undefined : { what, phases };
}
