import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { ActivityExecuteInput, ActivityInterceptorsFactory, Next } from '@temporalio/worker';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { withProgress } from '../activities/heartbeats.ts';

/** What is told at a failpoint, as a JSON document. */
export interface Failpoint {
  /** `before` the effect, or `after` it and before it is reported. */
  readonly when: 'before' | 'after';
  readonly activity: string;
  readonly taskQueue: string;
  /** The process, for ever: a test sees by it whether a worker lived on. */
  readonly worker: string;
  readonly workflowId: string;
  readonly attempt: number;
  /** The arguments as JSON, cut after {@link INPUT_LENGTH} characters. */
  readonly input: string;
  /** At `after`: how the activity ended. */
  readonly outcome?: 'completed' | 'failed';
}

const INPUT_LENGTH = 4_000;
const WORKER = randomUUID();

/**
 * Failpoints for kill tests (docs/fault-tests.md#failpoints), wired by an environment variable that the chart never sets. Before
 * and after each activity the URL is told by POST, and the activity goes on when it answers 200. So a test decides where
 * a fault lands, and knows that the point was reached.
 */
export const failpoints =
  (url: string): ActivityInterceptorsFactory =>
  () => ({ inbound: inboundHolding(url) });

const inboundHolding = (url: string): ActivityInboundCallsInterceptor => ({
  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const point = describe(input);
    await hold(url, { ...point, when: 'before' });
    let result: unknown;
    try {
      result = await next(input);
    } catch (error) {
      await holdAfter(url, { ...point, when: 'after', outcome: 'failed' });
      throw error;
    }
    await holdAfter(url, { ...point, when: 'after', outcome: 'completed' });
    return result;
  },
});

/** The effect has happened: a cancellation ends the holding and changes nothing of what is reported. */
async function holdAfter(url: string, point: Failpoint): Promise<void> {
  try {
    await hold(url, point);
  } catch (error) {
    if (!cancellationSignal().aborted) throw error;
  }
}

function describe(input: ActivityExecuteInput): Omit<Failpoint, 'when' | 'outcome'> {
  const { activityType, taskQueue, workflowExecution, attempt } = activityInfo();
  return {
    activity: activityType,
    taskQueue,
    worker: WORKER,
    workflowId: workflowExecution?.workflowId ?? '',
    attempt,
    input: JSON.stringify(input.args).slice(0, INPUT_LENGTH),
  };
}

/** Returns when the URL has answered 200; heartbeats meanwhile, so that holding does not look like a dead worker. */
async function hold(url: string, point: Failpoint): Promise<void> {
  const told = { done: 0, total: 1, waitingFor: `failpoint ${point.when} ${point.activity}` };
  try {
    await withProgress(
      () => told,
      () => post(url, point),
    );
  } catch (error) {
    cancellationSignal().throwIfAborted();
    throw error;
  }
}

/** Not by fetch: that gives up on an answer after five minutes, and a test may hold for longer. */
function post(url: string, point: Failpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const call = request(
      url,
      { method: 'POST', headers, agent: false, signal: cancellationSignal() },
      (response) => {
        response.resume();
        if (response.statusCode === 200) response.once('end', resolve);
        else reject(new Error(`the failpoint at ${url} answered ${response.statusCode}`));
      },
    );
    call.once('error', reject);
    call.end(JSON.stringify(point));
  });
}
