import type { ApplicationFailure } from '@temporalio/activity';
import { Backoff } from '../../concurrency/backoff.ts';
import { applyOwned } from '../../kube/apply.ts';
import { find } from '../../kube/objects.ts';
import { JOBS, NODES, PODS } from '../../kube/resources.ts';
import { withNext } from '../../systems/failure-text.ts';
import { failureTextOf } from '../failure.ts';
import { certainRuns } from './certain-runs.ts';
import type { ActivityContext } from './activity-context.ts';
import { ownedBy } from './desired-state.ts';
import { RERUN_PAUSE, TROUBLE_LASTS_MS } from './intervals.ts';
import { type JobRun, isNodeReady } from './job-runs.ts';
import { PodDiagnosis } from './pod-diagnosis.ts';
import { isReady, nodeOf } from './pods.ts';
import { freeStranded } from './remove-jobs.ts';
import { type ToolJob, isOurs, jobOf, newestOf, runningReason } from './tool-job.ts';
import { awaitAnswer, select } from './waiting.ts';

/**
 * Runs a tool until it has done its work. Whatever Job of the scope still runs is waited for first and never doubled; a
 * Job that an earlier attempt of this very activity started is taken over. After a failure that may pass the tool is run
 * again, once what it needs is there; a failure that only a person can correct ends the activity.
 */
export async function runJob(work: ActivityContext, tool: ToolJob): Promise<JobRun> {
  const series = new Series(work, tool);
  const watched = { jobs: select(JOBS, tool.scope), pods: select(PODS, tool.scope) };
  return awaitAnswer(work, watched, async (seen) => {
    const runs = await certainRuns(work, tool.scope, seen);
    await freeStranded(work.kube, runs);
    const { answer, waitingFor } = await series.look(runs);
    return { progress: { done: 0, total: 1, waitingFor }, answer };
  });
}

interface SeriesState {
  readonly waitingFor: string;
  /** The run that did the work. */
  readonly answer?: JobRun;
}

/** The runs that one attempt of an activity sees and starts, one after the other. */
class Series {
  readonly #work: ActivityContext;
  readonly #tool: ToolJob;
  readonly #words: PodDiagnosis;
  /** Attempt number of the Job that was applied last and has not been seen to its end. */
  #started: number | undefined;
  /** The newest run whose failure was understood. */
  #judged = 0;
  #failure: ApplicationFailure | undefined;
  readonly #pauses = new Backoff(RERUN_PAUSE);
  #notBefore = 0;

  constructor(work: ActivityContext, tool: ToolJob) {
    this.#work = work;
    this.#tool = tool;
    this.#words = new PodDiagnosis(work, TROUBLE_LASTS_MS);
  }

  async look(runs: readonly JobRun[]): Promise<SeriesState> {
    const running = await this.#heldUpBy(runs);
    if (running) return { waitingFor: await runningReason(this.#tool, running, this.#words) };
    const newest = newestOf(this.#tool, runs);
    if (newest && isOurs(newest) && newest.attempt > this.#judged) {
      const failure = await this.#tool.failureOf(newest);
      if (!failure) return { waitingFor: '', answer: newest };
      if (failure.nonRetryable === true) throw failure;
      this.#failed(newest, failure);
    }
    return { waitingFor: await this.#next(newest?.attempt ?? 0) };
  }

  #failed({ attempt }: JobRun, failure: ApplicationFailure): void {
    // One that an earlier attempt of the activity saw has been paused for by Temporal.
    const pause = this.#pauses.next();
    if (attempt === this.#started) this.#notBefore = performance.now() + pause;
    this.#judged = attempt;
    this.#failure = failure;
  }

  /** Starts the next run when it is time; answers what is waited for. */
  async #next(newest: number): Promise<string> {
    if (this.#started !== undefined && newest < this.#started) {
      // It has not reached the watch yet; unless somebody removed it before it did.
      const { namespace = '', name = '' } = jobOf(this.#tool, this.#started).metadata ?? {};
      if (!(await find(this.#work.kube, JOBS, { namespace, name }))) this.#started = undefined;
      return this.#tool.words;
    }
    const missing = await this.#tool.missing?.();
    if (missing !== undefined) return this.#afterFailure(`${this.#tool.words}: ${missing}`);
    if (performance.now() < this.#notBefore)
      return this.#afterFailure(`${this.#tool.words} again in a moment`);
    this.#started = newest + 1;
    await this.#tool.prepare?.();
    await applyOwned(this.#work.kube, jobOf(this.#tool, this.#started), ownedBy(this.#tool.context));
    return this.#afterFailure(this.#tool.words);
  }

  #afterFailure(words: string): string {
    return this.#failure === undefined
      ? words
      : `${words}; last time: ${withNext(failureTextOf(this.#failure))}`;
  }

  /** A run whose end must be awaited before the next may start. */
  async #heldUpBy(runs: readonly JobRun[]): Promise<JobRun | undefined> {
    for (const run of runs.filter(({ state }) => state === 'running')) {
      const harmless = this.#tool.harmless === true && run.pod !== undefined && !isReady(run.pod);
      const name = harmless && run.pod ? nodeOf(run.pod) : undefined;
      const node = name === undefined ? undefined : await find(this.#work.kube, NODES, { name });
      if (!node || isNodeReady(node)) return run;
    }
    return undefined;
  }
}
