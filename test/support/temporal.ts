import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  type Worker,
  type WorkflowBundle,
} from '@temporalio/worker';
import { settingArguments, temporalSettings } from '../../sandbox/cluster/temporal-settings.ts';
import { tools } from '../../sandbox/tools/tools.ts';
import { BLOCKED_NODES, CLUSTER, PHASE, SYSTEM } from '../../src/workflows/search-attributes.ts';

/** A Temporal dev server of the test's own, in memory, from the sandbox's binary. */
export async function startTemporal(dynamicConfig: readonly string[] = []): Promise<TestWorkflowEnvironment> {
  installQuietRuntime();
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: tools.temporal },
      searchAttributes: [SYSTEM, CLUSTER, PHASE, BLOCKED_NODES],
      extraArgs: settingArguments([...temporalSettings, ...dynamicConfig]),
      log: { format: 'json', level: 'error' },
    },
  });
}

const WORKFLOWS = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
const bundles = new Map<string, Promise<WorkflowBundle>>();

/** The real workflows, or those of another index, bundled once per test process. */
export function workflowBundle(workflowsPath = WORKFLOWS): Promise<WorkflowBundle> {
  installQuietRuntime();
  const made =
    bundles.get(workflowsPath) ?? bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  bundles.set(workflowsPath, made);
  return made;
}

/** The same as the image runs them: for workers that have a build. */
export const versionedBundle = (): Promise<WorkflowBundle> => bundleOf('../../src/workflows/versioned.ts');

/** @param entry path from here, as in an import */
export function bundleOf(entry: string): Promise<WorkflowBundle> {
  return workflowBundle(fileURLToPath(new URL(entry, import.meta.url)));
}

let installed = false;
function installQuietRuntime(): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
    shutdownSignals: [],
  });
}

/** Runs workers beside a scenario and ends them with it, whatever the outcome. */
export async function withWorkers<T>(workers: readonly Worker[], scenario: () => Promise<T>): Promise<T> {
  const running = Promise.all(workers.map((w) => w.run()));
  try {
    return await Promise.race([
      scenario(),
      running.then(() => {
        throw new Error('a worker ended before the scenario');
      }),
    ]);
  } finally {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await running;
  }
}
