import { ApplicationFailure, activityInfo } from '@temporalio/activity';
import { applyOwned } from '../../kube/apply.ts';
import { type Scope, find } from '../../kube/objects.ts';
import { JOBS, NODES, PODS } from '../../kube/resources.ts';
import type { CurveContext } from '../../systems/curve/layout.ts';
import { ANNOTATION } from '../../systems/curve/names.ts';
import { refusePermanent } from './daemons.ts';
import type { Work } from './deps.ts';
import { ownedBy } from './desired.ts';
import { TROUBLE_LASTS_MS } from './intervals.ts';
import { type Job, type JobRun, isNodeReady, runsIn } from './job-runs.ts';
import { PodWords } from './pod-words.ts';
import { isReady, nodeOf } from './pods.ts';
import { awaitAnswer, select } from './waiting.ts';

/** A tool that one activity runs as a Job and waits for. */
export interface ToolJob {
  readonly context: CurveContext;
  /** Jobs that must not run beside this one. */
  readonly scope: Scope;
  /** What it does, for people who wait: `create the physical pool`. */
  readonly words: string;
  /** What the Job mounts; applied right before it, when no other run can be reading it. */
  readonly prepare?: () => Promise<void>;
  /** The Job of one attempt; attempts of the same work share all of the name but the number. */
  readonly build: (attempt: number) => Job;
  /** It changes nothing: a run on a node that was lost need not be waited for. */
  readonly harmless?: boolean;
  /** What an ended run means: nothing when it did its work. */
  readonly failureOf: (run: JobRun) => Promise<ApplicationFailure | undefined>;
}

/**
 * Runs a tool once and waits for its end. Whatever Job of the scope still runs is waited for first and never doubled; a
 * Job that an earlier attempt of this very activity started is taken over. A failed run is a failure of the activity;
 * only its retry starts the next.
 */
export async function runJob(work: Work, tool: ToolJob): Promise<JobRun> {
  const words = new PodWords(work, TROUBLE_LASTS_MS);
  const watched = { jobs: select(JOBS, tool.scope), pods: select(PODS, tool.scope) };
  let started: number | undefined;
  const run = await awaitAnswer(work, watched, async (seen) => {
    const runs = runsIn(seen);
    const running = await heldUpBy(work, tool, runs);
    const progress = {
      done: 0,
      total: 1,
      waitingFor: running ? await runningWords(tool, running, words) : tool.words,
    };
    if (running) return { progress };
    const mine = runs.filter(({ job, attempt }) => job.metadata?.name === tool.build(attempt).metadata?.name);
    const newest = mine.at(-1);
    // Seen to its end by this attempt of the activity, or begun by one before it that died.
    const taken = newest && (newest.attempt === started || isOurs(newest));
    if (taken && (newest.state === 'succeeded' || newest.attempt === started))
      return { progress, answer: newest };
    if (started !== undefined && (newest?.attempt ?? 0) < started) {
      // It has not reached the watch yet; unless somebody removed it before it did.
      if (!(await find(work.kube, JOBS, placeOf(tool.build(started))))) started = undefined;
      return { progress };
    }
    started = (newest?.attempt ?? 0) + 1;
    await tool.prepare?.();
    await applyOwned(work.kube, withRun(tool.build(started)), ownedBy(tool.context));
    return { progress };
  });
  const failure = await tool.failureOf(run);
  if (failure) throw failure;
  return run;
}

/** A run whose end must be awaited before the next may start. */
async function heldUpBy({ kube }: Work, tool: ToolJob, runs: readonly JobRun[]): Promise<JobRun | undefined> {
  for (const run of runs.filter(({ state }) => state === 'running')) {
    const node = tool.harmless === true && run.pod && !isReady(run.pod) ? nodeOf(run.pod) : undefined;
    const live = node === undefined ? undefined : await find(kube, NODES, { name: node });
    if (!live || isNodeReady(live)) return run;
  }
  return undefined;
}

const placeOf = ({ metadata }: Job): { readonly namespace: string; readonly name: string } => ({
  namespace: metadata?.namespace ?? '',
  name: metadata?.name ?? '',
});

const runId = (): string => {
  const { workflowExecution, activityId } = activityInfo();
  return `${workflowExecution?.workflowId ?? ''}/${activityId}`;
};

const isOurs = ({ job }: JobRun): boolean => job.metadata?.annotations?.[ANNOTATION.run] === runId();

const withRun = (job: Job): Job => ({
  ...job,
  metadata: { ...job.metadata, annotations: { ...job.metadata?.annotations, [ANNOTATION.run]: runId() } },
});

async function runningWords(
  tool: ToolJob,
  { job, pod, words: said }: JobRun,
  words: PodWords,
): Promise<string> {
  if (!pod) return `Job ${job.metadata?.name ?? ''}: ${said}`;
  refusePermanent(pod);
  const why = await words.of(pod);
  return why === undefined ? tool.words : `${tool.words}: ${why}`;
}

/** How a tool that did not reach its own end is reported: it is run again. */
export const lostTool = (words: string, { pod, words: said }: JobRun): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'ToolLost',
    message: `cannot ${words}: pod ${pod?.metadata?.name ?? ''} did not reach its end: ${said}. It is run again`,
  });
