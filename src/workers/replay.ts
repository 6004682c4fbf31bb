import { WorkflowNotFoundError, type Client, type WorkflowExecutionInfo } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { Worker, type ReplayWorkerOptions } from '@temporalio/worker';
import { BEHAVIOURS } from '../workflows/behaviours.ts';
import type { Installation } from '../workflows/ids.ts';

/** Temporal's own: `<deployment>:<build>`; a deployment's name has no colon. */
const VERSION = defineSearchAttributeKey('TemporalWorkerDeploymentVersion', 'KEYWORD');

/** One open execution, and how it stands to this build. */
export interface Replayed {
  readonly workflowId: string;
  readonly type: string;
  /** `replays`, `fails`, or `stays`: it is pinned to another build and never comes here. */
  readonly outcome: 'replays' | 'fails' | 'stays';
  /** Why it fails, or which build it stays with. */
  readonly detail: string;
}

export interface ReplayOptions {
  readonly client: Client;
  readonly installation: Installation;
  /** The workflows of this build. */
  readonly workflows: Pick<ReplayWorkerOptions, 'workflowBundle' | 'workflowsPath'>;
  /** Absent in a checkout. */
  readonly buildId: string | undefined;
}

/**
 * Replays every open execution of this installation that would go on under this build, on the workflows of this build.
 * Changes nothing. One that fails would be stuck from the rollout on.
 */
export async function replayOpen(options: ReplayOptions): Promise<readonly Replayed[]> {
  const { client, workflows } = options;
  const [coming, staying] = await listOpen(options);
  const types = new Map(coming.map(({ workflowId, type }) => [workflowId, type]));
  const results: Replayed[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(workflows, histories(client, coming))) {
    const type = types.get(workflowId) ?? '';
    results.push({
      workflowId,
      type,
      outcome: error ? 'fails' : 'replays',
      detail: error?.message ?? '',
    });
  }
  return [...results, ...staying];
}

async function listOpen({
  client,
  installation,
  buildId,
}: ReplayOptions): Promise<[coming: WorkflowExecutionInfo[], staying: Replayed[]]> {
  const query = `WorkflowId STARTS_WITH "${installation}/" AND ExecutionStatus = "Running"`;
  const coming: WorkflowExecutionInfo[] = [];
  const staying: Replayed[] = [];
  for await (const execution of client.workflow.list({ query })) {
    const { workflowId, type } = execution;
    const other = pinnedTo(execution);
    if (other === undefined || other === buildId) coming.push(execution);
    else staying.push({ workflowId, type, outcome: 'stays', detail: `pinned to build ${other}` });
  }
  return [coming, staying];
}

/** The build that an execution stays with; undefined for one that moves on, or was begun by a worker without a build. */
function pinnedTo({ type, typedSearchAttributes }: WorkflowExecutionInfo): string | undefined {
  if (!(type in BEHAVIOURS) || BEHAVIOURS[type as keyof typeof BEHAVIOURS] !== 'PINNED') return undefined;
  const version = typedSearchAttributes.get(VERSION);
  return version?.slice(version.indexOf(':') + 1);
}

async function* histories(client: Client, executions: readonly WorkflowExecutionInfo[]) {
  for (const { workflowId, runId } of executions) {
    try {
      yield { workflowId, history: await client.workflow.getHandle(workflowId, runId).fetchHistory() };
    } catch (error) {
      // Ended and removed since it was listed.
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
}

/** For people: a line each, those that fail last, where they are seen. */
export function replayTable(results: readonly Replayed[]): string {
  const order = ['stays', 'replays', 'fails'] as const;
  const sorted = [...results].sort(
    (a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome) || a.workflowId.localeCompare(b.workflowId),
  );
  const width = Math.max(0, ...sorted.map(({ workflowId }) => workflowId.length));
  return sorted
    .map(({ outcome, workflowId, detail }) => {
      const [reason = ''] = detail.split('\n', 1);
      return `${outcome.padEnd(8)} ${workflowId.padEnd(width)}  ${reason}`.trimEnd();
    })
    .join('\n');
}
