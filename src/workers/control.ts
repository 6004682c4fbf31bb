import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createControlActivities } from '../activities/control/activities.ts';
import { askDaemon } from '../activities/control/ask.ts';
import { Kube } from '../kube/client.ts';
import { loadKubeConfig } from '../kube/config.ts';
import { CONTROL_QUEUE } from '../workflows/queues.ts';
import { type ProcessEnvironment, readEnvironment } from './environment.ts';
import { freePort, serveHealth } from './health.ts';
import { holdPoints } from './hold-points.ts';
import { createLog, installRuntime } from './log.ts';
import { registerSearchAttributes } from './search-attributes.ts';
import { runProcess } from './stopping.ts';
import { connectTemporal } from './temporal.ts';

/**
 * The control worker: workflows, and the activities that speak to Kubernetes and to Curve's daemons. Any number of
 * them may run; each piece of work is picked up by one.
 */
const environment = readEnvironment(process.env, 'control');
const log = createLog('control', environment.logLevel);

async function control(stop: AbortSignal): Promise<void> {
  const temporalMetricsPort = await freePort();
  installRuntime(log, temporalMetricsPort);
  let worker: Worker | undefined;
  const isReady = (): boolean => worker?.getState() === 'RUNNING';
  const health = await serveHealth({ ...environment.health, isReady, temporalMetricsPort });
  const { connection, namespace } = await connectTemporal(log, stop);
  try {
    await registerSearchAttributes(connection, namespace, log);
    worker = await Worker.create({ connection, namespace, ...options(environment, log) });
    const running = worker.run();
    log.info({ queue: CONTROL_QUEUE, healthPort: health.port }, 'taking work');
    stop.addEventListener('abort', () => shutDown(worker), { once: true });
    if (stop.aborted) shutDown(worker);
    await running;
  } finally {
    await connection.close();
    await health.close();
  }
}

function options(
  env: ProcessEnvironment,
  workerLog: Logger,
): Omit<WorkerOptions, 'connection' | 'namespace'> {
  const kube = new Kube(loadKubeConfig(env.kubeconfig));
  workerLog.info({ server: kube.server }, 'Kubernetes API server');
  return {
    identity: env.identity,
    taskQueue: CONTROL_QUEUE,
    activities: createControlActivities({ kube, ask: askDaemon, identity: env.identity }),
    ...workflows(env),
    // People read progress from heartbeats; the SDK's default would hold them back for a minute.
    maxHeartbeatThrottleInterval: '1 s',
    ...(env.holdUrl === undefined ? {} : { interceptors: { activity: [holdPoints(env.holdUrl)] } }),
    // A wait costs a watch and little else, and a thousand nodes may wait at the same time: they must not keep the
    // steps of the others from a slot.
    maxConcurrentActivityTaskExecutions: 1_500,
    maxCachedWorkflows: 300,
    shutdownGraceTime: '10 s',
    shutdownForceTime: '30 s',
  };
}

const workflows = ({
  workflowBundle,
}: ProcessEnvironment): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> =>
  workflowBundle === undefined
    ? { workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)) }
    : { workflowBundle: { codePath: workflowBundle } };

function shutDown(worker: Worker | undefined): void {
  if (worker?.getState() === 'RUNNING') worker.shutdown();
}

runProcess(control, (error) => log.fatal({ err: error }, 'the control worker ends'));
