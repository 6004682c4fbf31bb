import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { ControlDeps } from '../../src/activities/control/activity-context.ts';
import type { ControlActivitySet } from '../../src/activities/control/contract.ts';
import { askDaemon } from '../../src/activities/control/daemon-http.ts';
import type { Host } from '../../src/node/host.ts';
import { withPrefix } from '../../src/systems/activity-names.ts';
import type { SystemRegistry } from '../../src/systems/system.ts';
import type { ApiServer } from '../support/api-server.ts';
import { controlWorkers } from '../support/control-workers.ts';
import { nodeQueue, probeQueue } from '../support/curve-ids.ts';
import { type TestApi, endWorkers, startApi, startController } from '../support/keelson.ts';
import { workflowBundle } from '../support/temporal.ts';
import { createExampleControlActivities } from './activities/control/activities.ts';
import { createExampleNodeActivities } from './activities/node/activities.ts';
import { SYSTEM } from './systems/spec.ts';

/** What a build of Keelson that knows the example is composed of. */
export interface Composition {
  readonly systems: SystemRegistry;
  /** Index of its workflows. */
  readonly workflows: URL;
  /** The activities beside the example's. */
  readonly control: (deps: ControlDeps) => ControlActivitySet;
  readonly node: (deps: { readonly host: Host; readonly version: string }) => object;
}

export interface ExampleKeelson {
  readonly api: TestApi;
  /** A path of a node, as this machine reaches it. */
  readonly at: (node: string, path: string) => string;
  readonly end: () => Promise<void>;
}

/** API, controller, control worker and a worker for each node, wired as src/workers does. */
export async function startExample(
  server: ApiServer,
  temporal: TestWorkflowEnvironment,
  nodes: readonly string[],
  { systems, workflows, control, node }: Composition,
): Promise<ExampleKeelson> {
  const folder = await mkdtemp(`${tmpdir()}/keelson-example-`);
  const { nativeConnection: connection } = temporal;
  const deps = { kube: server.kube, ask: askDaemon, systems, identity: 'test' };
  const nodeWorkers = nodes.map(async (name) => {
    const host = await makeHost(folder, name);
    const activities = {
      ...node({ host, version: '0.0.0-test' }),
      ...withPrefix(SYSTEM, createExampleNodeActivities({ host })),
    };
    return Promise.all(
      [nodeQueue(name), probeQueue(name)].map((taskQueue) =>
        Worker.create({ connection, taskQueue, activities, maxHeartbeatThrottleInterval: '1s' }),
      ),
    );
  });
  const { calls, waits } = control(deps);
  const own = createExampleControlActivities(deps);
  const workers = [
    ...(await controlWorkers({
      connection,
      activities: {
        calls: { ...calls, ...withPrefix(SYSTEM, own.calls) },
        waits: { ...waits, ...withPrefix(SYSTEM, own.waits) },
      },
      workflows: { workflowBundle: await workflowBundle(fileURLToPath(workflows)) },
    })),
    ...(await Promise.all(nodeWorkers)).flat(),
  ];
  const running = Promise.all(workers.map((worker) => worker.run()));
  const api = await startApi(server.kube, temporal.client, systems);
  const controller = startController(server.kube, temporal.client, 'default', 'replica-1', systems);
  return {
    api,
    at: (name, path) => `${folder}/${name}${path}`,
    end: async () => {
      await controller.end();
      await api.end();
      await endWorkers(workers, running);
      await rm(folder, { recursive: true });
    },
  };
}

/** A node as its worker sees one, as far as the example asks: a root of its own, and a boot id. */
async function makeHost(folder: string, node: string): Promise<Host> {
  const root = `${folder}/${node}`;
  await mkdir(`${root}/proc/sys/kernel/random`, { recursive: true });
  await writeFile(`${root}/proc/sys/kernel/random/boot_id`, `${node}\n`);
  return { node, root, dev: `${root}/dev`, toolPath: '' };
}
