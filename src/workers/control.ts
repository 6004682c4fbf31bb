import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import type { Worker, WorkerOptions } from '@temporalio/worker';
import { askDaemon } from '../activities/control/daemon-http.ts';
import { permissionsOf } from '../activities/control/permissions.ts';
import { SYSTEMS } from '../systems/registry.ts';
import { missingPermissions } from '../kube/access.ts';
import { Kube } from '../kube/client.ts';
import { loadKubeConfig } from '../kube/config.ts';
import { controlActivities } from './control-activities.ts';
import { createControlWorkers } from './control-workers.ts';
import { readBuild, versioning } from './build.ts';
import { type ProcessEnvironment, readControlEnvironment, readEnvironment } from './environment.ts';
import { freePort, serveHealth } from './health.ts';
import { createLog, installRuntime } from './log.ts';
import { replayOpen, replayTable } from './replay.ts';
import { followRollout } from './rollout.ts';
import { registerSearchAttributes } from './search-attributes.ts';
import { runProcess } from './stopping.ts';
import { connectTemporal } from './temporal.ts';
import { areRunning, runTogether } from './worker-group.ts';

/**
 * The control worker: workflows, and the activities that speak to Kubernetes and to storage daemons. Any number of
 * them may run; each piece of work is picked up by one.
 */
const environment = readEnvironment(process.env, 'control');
const log = createLog('control', environment.logLevel);

async function control(stop: AbortSignal): Promise<void> {
  const temporalMetricsPort = await freePort();
  installRuntime(log, temporalMetricsPort);
  let workers: readonly Worker[] = [];
  let settled = false;
  const isReady = (): boolean => settled && areRunning(workers);
  const health = await serveHealth({ ...environment.health, isReady, temporalMetricsPort });
  const kube = new Kube(loadKubeConfig(environment.kubeconfig));
  const { buildIdFile, place } = readControlEnvironment(process.env);
  const { identity, installation } = environment;
  const version = await readBuild(buildIdFile, installation);
  const { connection, namespace } = await connectTemporal(log, stop);
  try {
    await Promise.all([registerSearchAttributes(connection, namespace, log), checkPermissions(kube)]);
    workers = await createControlWorkers({
      connection,
      namespace,
      identity,
      installation,
      activities: controlActivities({ kube, ask: askDaemon, systems: SYSTEMS, identity }),
      workflows: workflows(environment),
      failpointUrl: environment.failpointUrl,
      ...versioning(version),
    });
    const running = runTogether(workers, stop);
    const queues = workers.map((worker) => worker.options.taskQueue);
    log.info({ queues, build: version?.buildId, healthPort: health.port }, 'taking work');
    const settle = (): void => void (settled = true);
    if (version === undefined) settle();
    else
      await Promise.race([
        running,
        followRollout({ connection, namespace, version, identity, kube, place, log }, settle, stop),
      ]);
    await running;
  } finally {
    await connection.close();
    await health.close();
  }
}

/** Said at the start rather than by the first step that fails. A server that is away now is no reason not to start. */
async function checkPermissions(kube: Kube): Promise<void> {
  const { server } = kube;
  try {
    const missing = await missingPermissions(kube, permissionsOf(SYSTEMS));
    if (missing.length === 0) log.info({ server }, 'Kubernetes allows all that is needed');
    else log.error({ server, missing }, 'Kubernetes refuses what is needed: upgrade the chart');
  } catch (error) {
    log.warn({ err: error, server }, 'the permissions in Kubernetes could not be checked');
  }
}

const workflows = ({
  workflowBundle,
}: ProcessEnvironment): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> =>
  workflowBundle === undefined
    ? { workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)) }
    : { workflowBundle: { codePath: workflowBundle } };

/** `control.js replay`: asked before a rollout whether this build can go on with what is open. Refuses by its exit code. */
async function replay(stop: AbortSignal): Promise<void> {
  installRuntime(log, await freePort());
  const { installation } = environment;
  const { buildIdFile } = readControlEnvironment(process.env);
  const buildId = (await readBuild(buildIdFile, installation))?.buildId;
  const { connection, namespace } = await connectTemporal(log, stop);
  try {
    const client = new Client({ connection, namespace });
    const results = await replayOpen({ client, installation, workflows: workflows(environment), buildId });
    process.stdout.write(`${replayTable(results)}\n`);
    const failed = results.filter(({ outcome }) => outcome === 'fails').length;
    if (failed > 0)
      throw new Error(
        `${failed} of ${results.length} open executions cannot go on under this build: keep the build that ` +
          'runs, and report the lines above as a defect of this one',
      );
    log.info({ build: buildId, open: results.length }, 'all open executions can go on under this build');
  } finally {
    await connection.close();
  }
}

if (process.argv[2] === 'replay') runProcess(replay, (error) => log.fatal({ err: error }, 'refused'));
else runProcess(control, (error) => log.fatal({ err: error }, 'the control worker ends'));
