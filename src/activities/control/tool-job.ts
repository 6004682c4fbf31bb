import { type ApplicationFailure, activityInfo } from '@temporalio/activity';
import type { Scope } from '../../kube/objects.ts';
import type { ClusterIdentity } from '../../systems/operation.ts';
import { operationFailure } from '../../systems/failures.ts';
import { ANNOTATION } from '../../systems/names.ts';
import { applicationFailure } from '../failure.ts';
import { refusePermanent } from './daemons.ts';
import type { Job, JobRun } from './job-runs.ts';
import type { PodDiagnosis } from './pod-diagnosis.ts';

/** A tool that one activity runs as a Job and waits for. */
export interface ToolJob {
  readonly context: ClusterIdentity;
  /** Jobs that must not run beside this one. */
  readonly scope: Scope;
  /** What it does, for people who wait: `create the physical pool`. */
  readonly words: string;
  /** What must hold before it is worth starting: words for what is missing, nothing when all is there. */
  readonly missing?: () => Promise<string | undefined>;
  /** What the Job mounts; applied right before it, when no other run can be reading it. */
  readonly prepare?: () => Promise<void>;
  /** The Job of one attempt; attempts of the same work share all of the name but the number. */
  readonly build: (attempt: number) => Job;
  /** It changes nothing: a run on a node that was lost need not be waited for. */
  readonly harmless?: boolean;
  /** What an ended run means: nothing when it did its work. A retryable failure leads to the next run. */
  readonly failureOf: (run: JobRun) => Promise<ApplicationFailure | undefined>;
}

/** Which activity of which workflow a Job belongs to; the same for every attempt of that activity. */
const runId = (): string => {
  const { workflowExecution, activityId } = activityInfo();
  return `${workflowExecution?.workflowId ?? ''}/${activityId}`;
};

/** True for a Job that this activity started, in this attempt or in one before. */
export const isOurs = ({ job }: JobRun): boolean => job.metadata?.annotations?.[ANNOTATION.run] === runId();

/** The Job of one attempt, marked as ours. */
export function jobOf(tool: ToolJob, attempt: number): Job {
  const job = tool.build(attempt);
  const annotations = { ...job.metadata?.annotations, [ANNOTATION.run]: runId() };
  return { ...job, metadata: { ...job.metadata, annotations } };
}

/** The newest of the runs that do the same work as this tool. */
export const newestOf = (tool: ToolJob, runs: readonly JobRun[]): JobRun | undefined =>
  runs.findLast(({ job, attempt }) => job.metadata?.name === tool.build(attempt).metadata?.name);

/** What is waited for while a run is on its way. Fails where its pod can never start. */
export async function runningReason(
  tool: ToolJob,
  { job, pod, reason: said }: JobRun,
  words: PodDiagnosis,
): Promise<string> {
  if (!pod) return `Job ${job.metadata?.name ?? ''}: ${said}`;
  refusePermanent(pod);
  const why = await words.reason(pod);
  return why === undefined ? tool.words : `${tool.words}: ${why}`;
}

/** How a tool that did not reach its own end is reported: it is run again. */
export const lostTool = (words: string, { pod, reason: said }: JobRun): ApplicationFailure =>
  applicationFailure(
    operationFailure('ToolLost', {
      message: `cannot ${words}: pod ${pod?.metadata?.name ?? ''} did not reach its end: ${said}`,
    }),
  );
