import type { ActivityContext } from '../../../../src/activities/control/activity-context.ts';
import { clusterIdCheck, clusterIdOf } from '../../../../src/activities/control/cluster-id.ts';
import type { HealthWatchInput } from '../../../../src/activities/control/contract.ts';
import type { HealthPart } from '../../../../src/activities/control/health-part.ts';
import { layoutOf } from '../../systems/layout.ts';
import type { ExampleSpec } from '../../systems/spec.ts';
import { observeSettings } from './settings.ts';

const RHYTHM = { everyMs: 5_000, gapMs: 1_000 };

/** Everything that Ready of a store is made of: it has no daemons that could be asked, and watches nothing. */
export function exampleHealth(
  context: ActivityContext,
  { resource, uid, generation, spec }: HealthWatchInput<ExampleSpec>,
): readonly HealthPart[] {
  const operation = { ...resource, uid, generation, attempt: 0 };
  const idNow = () => clusterIdOf(context.kube, resource);
  return [
    {
      reason: 'ClusterIdMissing',
      ...RHYTHM,
      check: async () => [clusterIdCheck(resource, await idNow())],
    },
    {
      reason: 'SettingsWrong',
      ...RHYTHM,
      check: async () => {
        const clusterId = await idNow();
        if (clusterId === undefined) return [];
        const settings = await observeSettings(context, layoutOf({ operation, clusterId, spec }));
        return [{ reason: 'SettingsWrong', holds: settings.satisfied, detail: settings.detail }];
      },
    },
  ];
}
