import type { Plan, PlanInput } from '../../../src/workflows/messages.ts';
import { orUnanswered } from '../../../src/workflows/nodes/unanswered.ts';
import { judgeFolder } from '../systems/folder.ts';
import { type ExampleLayout, settingsObject } from '../systems/layout.ts';
import type { ExampleSpec } from '../systems/spec.ts';
import { example } from './activities.ts';

/** What an apply of this spec would do. Changes nothing. */
export async function examplePlan({ resource, spec }: PlanInput<ExampleSpec>): Promise<Plan> {
  const clusterId = (await example.read('read the cluster id').observeClusterId(resource)) ?? '';
  const operation = { ...resource, uid: '', generation: 0, attempt: 0 };
  const layout = await example.read('compute the layout').computeLayout({ operation, clusterId, spec });
  const seen = await Promise.all(layout.nodes.map((node) => inspect(layout, node)));
  const problems = seen.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  const { kind = '', metadata } = settingsObject(layout);
  return {
    possible: problems.length === 0,
    warnings: [],
    problems,
    nodes: seen.map(({ node, answered }) => ({ node, answered, disks: [] })),
    instances: [],
    details: { folder: `${layout.context.folder} on ${layout.nodes.length} nodes` },
    objects: [{ kind, name: metadata?.name ?? '' }],
  };
}

async function inspect({ context: { clusterId, folder } }: ExampleLayout, node: string) {
  const asked = example.readOnce(node, `inspect ${folder} on ${node}`).inspectFolder({ folder });
  const facts = await orUnanswered(asked);
  if (facts === undefined) return { node, answered: false };
  const verdict = judgeFolder(clusterId, folder, facts);
  if (verdict.state !== 'refused') return { node, answered: true };
  const problem = { path: 'spec.folder', message: `${node}: ${verdict.why}`, next: verdict.next };
  return { node, answered: true, problem };
}
