import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { Gauge } from 'prom-client';
import packageJson from '../../package.json' with { type: 'json' };
import type { Host } from '../node/host.ts';
import { remountOwn } from '../node/mounts/remount.ts';
import { nodeQueue, probeQueue } from '../workflows/queues.ts';
import { readEnvironment, readNodeEnvironment } from './environment.ts';
import { freePort, serveHealth } from './health.ts';
import { failpoints } from './failpoints.ts';
import { createLog, installRuntime } from './log.ts';
import { nodeActivities } from './node-activities.ts';
import { runProcess } from './stopping.ts';
import { connectTemporal } from './temporal.ts';
import { areRunning, runTogether } from './worker-group.ts';

/**
 * The node worker: the activities of one node, no workflows, no Kubernetes credentials. It runs privileged, with the
 * host's root at KEELSON_HOST_ROOT (Bidirectional mount propagation) and the host's own /dev at /dev.
 */
const environment = readEnvironment(process.env, 'node');
const host = readHost();
const log = createLog('node', environment.logLevel).child({ node: host.node });

/**
 * Work takes a disk or waits for one. Three: one that works, one that waits for the end of an attempt which was cut
 * off, and one more so that a second cluster on the node is not held up by them.
 */
const WORK_SLOTS = 3;

/** Looks, and one attendance for each operation that works on the node: they wait far more than they run. */
const PROBE_SLOTS = 50;

async function node(stop: AbortSignal): Promise<void> {
  const temporalMetricsPort = await freePort();
  installRuntime(log, temporalMetricsPort);
  let workers: readonly Worker[] = [];
  const isReady = (): boolean => areRunning(workers);
  const health = await serveHealth({ ...environment.health, isReady, temporalMetricsPort });
  // Before and without Temporal: the daemons of this node wait for their disks.
  await remount();
  const { connection, namespace } = await connectTemporal(log, stop);
  try {
    workers = await createWorkers(connection, namespace);
    const running = runTogether(workers, stop);
    log.info({ queues: workers.map((w) => w.options.taskQueue), healthPort: health.port }, 'taking work');
    await running;
  } finally {
    await connection.close();
    await health.close();
  }
}

/**
 * Both on one connection. One poll for each queue is enough for work that lasts, and Temporal holds only so many polls
 * open (docs/limitations.md).
 */
function createWorkers(connection: NativeConnection, namespace: string): Promise<Worker[]> {
  const shared: Omit<WorkerOptions, 'taskQueue'> = {
    connection,
    namespace,
    identity: `${environment.identity}@${host.node}`,
    activities: nodeActivities({ host, version: packageJson.version }),
    // People read progress from heartbeats; the SDK's default would hold them back for a minute.
    maxHeartbeatThrottleInterval: '1 s',
    defaultHeartbeatThrottleInterval: '1 s',
    ...(environment.failpointUrl === undefined
      ? {}
      : { interceptors: { activity: [failpoints(environment.failpointUrl)] } }),
    // No grace: activities are cancelled at once and leave at their next safe point. A mkfs is not interrupted even
    // when the time is up: it runs in a session of its own, and whatever comes next finds its lock.
    shutdownGraceTime: 0,
    // Below the terminationGracePeriodSeconds of the DaemonSet.
    shutdownForceTime: '50 s',
  };
  return Promise.all([
    Worker.create({
      ...shared,
      taskQueue: nodeQueue(environment.installation, host.node),
      maxConcurrentActivityTaskExecutions: WORK_SLOTS,
      maxConcurrentActivityTaskPolls: 1,
    }),
    Worker.create({
      ...shared,
      taskQueue: probeQueue(environment.installation, host.node),
      maxConcurrentActivityTaskExecutions: PROBE_SLOTS,
      maxConcurrentActivityTaskPolls: 1,
    }),
  ]);
}

async function remount(): Promise<void> {
  const gauge = new Gauge({
    name: 'keelson_node_own_mounts',
    help: "Our own lines in the host's fstab, by what became of them at the start of the node worker",
    labelNames: ['outcome'],
  });
  for (const outcome of ['was-mounted', 'mounted', 'failed']) gauge.set({ outcome }, 0);
  for (const { outcome, ...line } of await remountOwn(host)) {
    gauge.inc({ outcome });
    if (outcome === 'failed') log.error(line, 'a disk of ours could not be mounted');
    else log.info({ ...line, outcome }, 'a disk of ours is mounted');
  }
}

function readHost(): Host {
  const { node: name, hostRoot, hostDev, toolPath } = readNodeEnvironment(process.env);
  return { node: name, root: hostRoot, dev: hostDev, toolPath };
}

runProcess(node, (error) => log.fatal({ err: error }, 'the node worker ends'));
