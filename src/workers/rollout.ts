import { setTimeout as delay } from 'node:timers/promises';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { Backoff } from '../concurrency/backoff.ts';
import type { Kube } from '../kube/client.ts';
import { find } from '../kube/objects.ts';
import { CONFIG_MAPS } from '../kube/resources.ts';
import { keepOverUpgrades, retireOthers } from './draining.ts';
import type { Place } from './environment.ts';
import { isGrpc, NOT_FOUND } from './grpc.ts';

/** A Temporal that lost its data is told again within this time, and a rolled back chart is followed. */
const CHECK_MS = 30_000;

/** A build is known within a second of its first poll; asking an API server or a Temporal that is away helps neither. */
const RETRY = { firstMs: 100, capMs: 5_000 } as const;

/** The first polls of a worker make its build known to Temporal, which takes a moment. */
const USUAL_FAILURES = 8;

export interface RolloutOptions {
  readonly connection: NativeConnection;
  /** Temporal's namespace. */
  readonly namespace: string;
  readonly version: WorkerDeploymentVersion;
  readonly identity: string;
  readonly kube: Kube;
  /** Absent outside Kubernetes: then this build is always the wanted one. */
  readonly place: Place | undefined;
  readonly log: Logger;
}

/**
 * Makes this build the one that new work goes to, for as long as the chart wants it, and removes the workers of builds
 * that have no operation left. An old worker that restarts finds that the chart wants another one, and does nothing.
 * Ends when the signal is aborted.
 * @param onSettled called when it is known to be in place: current, or not wanted
 */
export async function followRollout(
  options: RolloutOptions,
  onSettled: () => void,
  stop: AbortSignal,
): Promise<void> {
  const backoff = new Backoff(RETRY);
  for (let failures = 0; !stop.aborted;) {
    try {
      await step(options);
      onSettled();
      backoff.reset();
      failures = 0;
      await delay(CHECK_MS, undefined, { signal: stop }).catch(() => undefined);
    } catch (error) {
      if (stop.aborted) return;
      failures++;
      const level = failures > USUAL_FAILURES ? 'warn' : 'debug';
      options.log[level]({ err: error, build: options.version.buildId }, 'the rollout cannot go on yet');
      await delay(backoff.next(), undefined, { signal: stop }).catch(() => undefined);
    }
  }
}

async function step(options: RolloutOptions): Promise<void> {
  const { kube, place, version } = options;
  if (place === undefined) {
    await makeCurrent(options);
    return;
  }
  const at = { namespace: place.namespace, name: place.rollout };
  const rollout = await find(kube, CONFIG_MAPS, at);
  // Uninstalled meanwhile, or another image is wanted.
  if (rollout?.data?.['deployment'] !== place.deployment) return;
  // Before new work may come: from then on the Deployment must outlive an upgrade.
  await keepOverUpgrades(kube, place, version.buildId);
  await makeCurrent(options);
  await retireOthers(options, place, rollout);
}

/** From then on new executions begin here, and those which move on go on here. */
async function makeCurrent({ connection, namespace, version, identity, log }: RolloutOptions): Promise<void> {
  const { deploymentName, buildId } = version;
  if ((await currentBuild(connection, namespace, deploymentName)) === buildId) return;
  await connection.workflowService.setWorkerDeploymentCurrentVersion({
    namespace,
    deploymentName,
    buildId,
    identity,
    // All workers of this process are running; a queue that only the old build knows is the old build's.
    ignoreMissingTaskQueues: true,
  });
  log.info({ build: buildId, deployment: deploymentName }, 'new work goes to this build');
}

async function currentBuild(
  connection: NativeConnection,
  namespace: string,
  deploymentName: string,
): Promise<string | undefined> {
  try {
    const { workerDeploymentInfo } = await connection.workflowService.describeWorkerDeployment({
      namespace,
      deploymentName,
    });
    return workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId ?? undefined;
  } catch (error) {
    if (isGrpc(error, NOT_FOUND)) return undefined;
    throw error;
  }
}
