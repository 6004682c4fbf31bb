import { DEPLOYMENTS, type KubeObject } from '../../../kube/resources.ts';
import type { CurveContext, StorageNode } from '../../../systems/curve/layout.ts';
import { ANNOTATION } from '../../../systems/names.ts';
import { chunkserverObjects } from '../../../systems/curve/objects/chunkserver.ts';
import { etcdObjects } from '../../../systems/curve/objects/etcd.ts';
import { mdsObjects } from '../../../systems/curve/objects/mds.ts';
import { snapshotcloneObjects } from '../../../systems/curve/objects/snapshotclone.ts';
import type { StepCheck } from '../../../systems/readiness.ts';
import type { Deployment } from '../../control/daemons.ts';
import type { ActivityContext } from '../../control/activity-context.ts';
import { s3Conf } from './s3-conf.ts';
import { keptTemplates } from './templates.ts';

/**
 * Whether every daemon runs the configuration that the spec asks for: a cluster that is healthy in an older form is not
 * Ready of this generation.
 */
export async function configurationChecks(
  { kube }: ActivityContext,
  { context, storage }: { readonly context: CurveContext; readonly storage: readonly StorageNode[] },
  live: readonly Deployment[],
): Promise<readonly StepCheck[]> {
  const templates = await keptTemplates(kube, context);
  const { file } = await s3Conf(kube, context, templates);
  const wanted = [
    ...etcdObjects(context, templates),
    ...mdsObjects(context, templates),
    ...snapshotcloneObjects(context, templates, file),
    ...storage.flatMap((node) => chunkserverObjects(context, node, templates, file)),
  ];
  return judgeConfiguration(wanted, live);
}

/** A Deployment that is missing is none of this: its daemon's own check names it. */
export function judgeConfiguration(
  wanted: readonly KubeObject[],
  live: readonly Deployment[],
): readonly StepCheck[] {
  const runs = new Map(live.map((deployment) => [deployment.metadata?.name, fingerprintOf(deployment)]));
  const older = wanted.filter(
    (object) =>
      object.kind === DEPLOYMENTS.kind &&
      runs.has(object.metadata?.name) &&
      runs.get(object.metadata?.name) !== fingerprintOf(object as Deployment),
  );
  const check = { reason: 'NotAsSpecified', holds: older.length === 0 };
  if (check.holds) return [{ ...check, detail: 'every daemon runs the configuration of the spec' }];
  return older.map(({ metadata }) => ({
    ...check,
    detail: `Deployment ${metadata?.name ?? ''} runs another configuration than the spec asks for`,
  }));
}

const fingerprintOf = ({ spec }: Deployment): string | undefined =>
  spec?.template.metadata?.annotations?.[ANNOTATION.config];
