import { activityName } from '../../systems/activity-names.ts';
import type { ActivityMeaning, StorageSystem } from '../../systems/system.ts';

/** General activities that belong to a phase, whichever system calls them. The others write for people or watch liveness. */
const GENERAL: Readonly<Record<string, ActivityMeaning>> = {
  claimClusterId: { what: 'take up the cluster id', phases: ['preflight'] },
  inspectNode: { what: 'inspect the node', phases: ['preflight'] },
  inspectDisks: { what: 'inspect disks', phases: ['preflight', 'format'] },
  claimHostDataDir: { what: 'claim the data directory', phases: ['format', 'etcd'] },
  formatDisks: { what: 'format disks', phases: ['format'] },
};

/** What a pending activity means to a person, by the type that Temporal knows it by. */
export function meaningOf(system: StorageSystem | undefined, type: string): ActivityMeaning | undefined {
  const own = Object.entries(system?.activities ?? {}).find(
    ([name]) => system !== undefined && activityName(system.id, name) === type,
  );
  return own?.[1] ?? GENERAL[type];
}
