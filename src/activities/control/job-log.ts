import { lastLines } from '../../kube/logs.ts';
import type { ToolOutput } from '../../systems/tool-output.ts';
import type { ActivityContext } from './activity-context.ts';
import type { JobRun } from './job-runs.ts';

/** Enough for what a tool says at its end. */
const TAIL = 50;

/** How the tool of an ended Job ended and what it printed last; undefined when it was killed or its pod lost. */
export async function toolOutput({ kube }: ActivityContext, run: JobRun): Promise<ToolOutput | undefined> {
  if (run.exitCode === undefined) return undefined;
  const { namespace = '', name = '' } = run.pod?.metadata ?? {};
  const container = run.job.spec?.template.spec?.containers[0]?.name ?? '';
  const log = await lastLines(kube, { namespace, pod: name, container, tailLines: TAIL });
  return { exitCode: run.exitCode, output: log ?? run.reason };
}
