import { judgeReady, type StepCheck } from '../../../src/systems/readiness.ts';
import { write } from '../../../src/workflows/activity-options.ts';
import type { HealthCheckInput } from '../../../src/workflows/messages.ts';
import { orUnanswered } from '../../../src/workflows/nodes/unanswered.ts';
import { judgeFolder } from '../systems/folder.ts';
import type { ExampleLayout } from '../systems/layout.ts';
import type { ExampleSpec } from '../systems/spec.ts';
import { example } from './activities.ts';

/** Observes the store once, with the same activities as verify, and writes the Ready condition. */
export async function exampleHealthCheck({
  resource,
  uid,
  generation,
  spec,
}: HealthCheckInput<ExampleSpec>): Promise<void> {
  const operation = { ...resource, uid, generation, attempt: 0 };
  const observedAt = new Date().toISOString();
  const clusterId = await write('take up the cluster id').claimClusterId(resource);
  const layout = await example.read('compute the layout').computeLayout({ operation, clusterId, spec });
  const settings = await example.read('read the settings').observeSettings(layout);
  const checks = [
    { reason: 'SettingsWrong', holds: settings.satisfied, detail: settings.detail },
    ...(await Promise.all(layout.nodes.map((node) => checkFolder(layout, node)))),
  ];
  const verdict = judgeReady({ observedAt, checks }, generation);
  await write(`write Ready: ${verdict.reason}`).writeReady({ operation, verdict });
}

async function checkFolder(
  { context: { clusterId, folder } }: ExampleLayout,
  node: string,
): Promise<StepCheck> {
  const asked = example.readOnce(node, `inspect ${folder} on ${node}`).inspectFolder({ folder });
  const facts = await orUnanswered(asked);
  if (facts === undefined)
    return { reason: 'NodeNotAnswering', holds: false, detail: `${node}: its node worker does not answer` };
  const holds = judgeFolder(clusterId, folder, facts).state === 'ready';
  return { reason: 'FolderMissing', holds, detail: `${node}: ${folder} is ${holds ? '' : 'not '}there` };
}
