/**
 * `node test/replay/record.ts <release>`: records the golden histories of a release into histories/<release>, from the
 * workflows of this checkout on a Temporal of its own and a world in memory. Needs no sandbox that runs, only its tools.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import about from '../../package.json' with { type: 'json' };
import { versioning } from '../../src/workers/build.ts';
import { deploymentName } from '../../src/workflows/ids.ts';
import { startTemporal, versionedBundle } from '../support/temporal.ts';
import { controlWorkers } from '../support/control-workers.ts';
import { eventually } from '../support/eventually.ts';
import { INSTALLATION, nodeQueue, probeQueue } from '../support/curve-ids.ts';
import { type Scenario, scenarios } from './scenarios.ts';

const release = process.argv[2];
if (release !== about.version)
  throw new Error(`name the release that this checkout is: node test/replay/record.ts ${about.version}`);
const folder = new URL(`histories/${release}/`, import.meta.url);
await mkdir(folder, { recursive: true });
if ((await readdir(folder)).length > 0)
  throw new Error(`${folder.pathname} holds recordings, and one that is there is never made again`);

const version = { deploymentName: deploymentName(INSTALLATION), buildId: release };
const temporal = await startTemporal();
for (const scenario of scenarios()) await play(scenario);
await temporal.teardown();

async function play({ world, run }: Scenario): Promise<void> {
  const { client, nativeConnection: connection } = temporal;
  const workers: Worker[] = [];
  const running: Promise<void>[] = [];
  const start = (worker: Worker): void => {
    workers.push(worker);
    running.push(worker.run());
  };
  const control = await controlWorkers({
    connection,
    identity: 'control',
    activities: world.control(),
    workflows: { workflowBundle: await versionedBundle() },
    ...versioning(version),
  });
  for (const worker of control) start(worker);
  const request = { namespace: 'default', ...version, ignoreMissingTaskQueues: true };
  const makeCurrent = () => client.workflowService.setWorkerDeploymentCurrentVersion(request);
  await eventually('the build is current', makeCurrent, () => true, 30_000);
  await run({
    client,
    startNodes: async (...nodes) => {
      const queues = nodes.flatMap((node) =>
        [nodeQueue(node), probeQueue(node)].map((taskQueue) => ({ node, taskQueue })),
      );
      for (const { node, taskQueue } of queues)
        start(await Worker.create({ connection, taskQueue, identity: node, activities: world.node(node) }));
    },
    record: async (name, workflowId) => {
      const history = await client.workflow.getHandle(workflowId).fetchHistory();
      const { events } = JSON.parse(historyToJSON(history)) as { events: unknown };
      // The id matters: operations derive their children's from it.
      const recorded = JSON.stringify({ workflowId, events }, undefined, 1);
      await writeFile(new URL(`${name}.json`, folder), `${recorded}\n`);
      console.log(`${name}: ${(events as unknown[]).length} events of ${workflowId}`);
    },
  });
  for (const worker of workers) worker.shutdown();
  await Promise.all(running);
}
