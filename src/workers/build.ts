import { readFile } from 'node:fs/promises';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import type { WorkerOptions } from '@temporalio/worker';
import { deploymentName, type Installation } from '../workflows/ids.ts';

/** This build as Temporal knows it; undefined in a checkout, whose worker has none and takes whatever has none. */
export async function readBuild(
  buildIdFile: string | undefined,
  installation: Installation,
): Promise<WorkerDeploymentVersion | undefined> {
  if (buildIdFile === undefined) return undefined;
  const buildId = (await readFile(buildIdFile, 'utf8')).trim();
  return { deploymentName: deploymentName(installation), buildId };
}

/**
 * The options of every worker of this build. Each workflow names its own behaviour; the default is what the SDK reports
 * for a task that it answers without running any of our code. It must be PINNED: with AUTO_UPGRADE such a task would
 * carry a pinned operation over to another build.
 */
export const versioning = (
  version: WorkerDeploymentVersion | undefined,
): Pick<WorkerOptions, 'workerDeploymentOptions'> =>
  version === undefined
    ? {}
    : {
        workerDeploymentOptions: { useWorkerVersioning: true, version, defaultVersioningBehavior: 'PINNED' },
      };
