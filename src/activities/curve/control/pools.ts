import { setTimeout as delay } from 'node:timers/promises';
import type { ApplicationFailure } from '@temporalio/activity';
import { Backoff } from '../../../concurrency/backoff.ts';
import type { PoolFacts } from '../../../systems/curve/facts.ts';
import { curveFailure } from '../../../systems/curve/failures.ts';
import type { CurveContext } from '../../../systems/curve/layout.ts';
import { topologyObject } from '../../../systems/curve/objects/cluster.ts';
import { type PoolJobStep, poolJob } from '../../../systems/curve/objects/jobs.ts';
import { toolsConfig } from '../../../systems/curve/objects/mds.ts';
import { poolToolFailure } from '../../../systems/curve/tools/exit-codes.ts';
import { parseCopysetsStatus, poolFacts } from '../../../systems/curve/tools/ops-tool.ts';
import { ToolAnswerError } from '../../../systems/curve/tools/output.ts';
import { applicationFailure } from '../../failure.ts';
import { askRegistered, missingChunkserver } from './chunkservers.ts';
import type { PoolStep } from '../contract.ts';
import type { ActivityContext } from '../../control/activity-context.ts';
import { applyAll } from '../../control/desired-state.ts';
import { scopeOf } from './scopes.ts';
import { ASK_PAUSE } from '../../control/intervals.ts';
import { LEADER_PATIENCE_MS } from './intervals.ts';
import { missingLeader } from './mds.ts';
import { toolOutput } from '../../control/job-log.ts';
import type { JobRun } from '../../control/job-runs.ts';
import { PODS } from '../../../kube/resources.ts';
import { OPS, askMds, understood } from './ops-tool.ts';
import { runJob } from '../../control/run-job.ts';
import { lostTool } from '../../control/tool-job.ts';
import { keptTemplates } from './templates.ts';
import { awaitAnswer, select } from '../../control/waiting.ts';

/** What MDS itself says. A moment without a leader is waited for. */
export async function observePools(
  work: ActivityContext,
  { context }: { readonly context: CurveContext },
): Promise<PoolFacts> {
  const until = performance.now() + LEADER_PATIENCE_MS;
  const backoff = new Backoff(ASK_PAUSE);
  for (;;) {
    const facts = await poolsNow(work, context);
    if (facts?.answered === true || performance.now() > until) return requireAnswer(facts);
    await delay(backoff.next(), undefined, { signal: work.signal });
  }
}

/** Undefined when no mds pod is Ready. */
async function poolsNow({ kube }: ActivityContext, context: CurveContext): Promise<PoolFacts | undefined> {
  const [serverList, chunkserverList, logicalPoolList, copysetsStatus] = await Promise.all([
    askMds(kube, context, OPS.servers),
    askMds(kube, context, OPS.chunkservers),
    askMds(kube, context, OPS.logicalPools),
    askMds(kube, context, OPS.copysets),
  ]);
  if (!serverList || !chunkserverList || !logicalPoolList || !copysetsStatus) return undefined;
  return understood(() => poolFacts({ serverList, chunkserverList, logicalPoolList, copysetsStatus }));
}

/**
 * Silence is no fact about pools: it must neither fail an operation while mds changes its leader, nor let the destructive
 * tool run without a look at what is in use. The activity is tried again until somebody leads.
 */
export function requireAnswer(facts: PoolFacts | undefined): PoolFacts {
  if (facts?.answered === true) return facts;
  throw applicationFailure(
    curveFailure('MdsNotAnswering', {
      message: 'no leading mds answered curve_ops_tool; asked again until one does',
    }),
  );
}

export const createPhysicalPool = (work: ActivityContext, step: PoolStep): Promise<void> =>
  createPool(work, step, 'physical-pool', () => missingLeader(work, step.context));

/** The tool takes whatever is registered and alive at that moment, so nothing but all of it will do (docs/curve.md#creating-the-logical-pool). */
export const createLogicalPool = (work: ActivityContext, step: PoolStep): Promise<void> =>
  createPool(
    work,
    step,
    'logical-pool',
    async () =>
      (await missingLeader(work, step.context)) ??
      missingChunkserver(step.storage, await askRegistered(work, step.context)),
  );

async function createPool(
  work: ActivityContext,
  step: PoolStep,
  kind: PoolJobStep,
  missing: () => Promise<string | undefined>,
): Promise<void> {
  const { context } = step;
  const words = `create ${kind.replace('-', ' ')} ${step.pool.name}`;
  const files = [
    toolsConfig(context, await keptTemplates(work.kube, context)),
    topologyObject(context, step),
  ];
  await runJob(work, {
    context,
    // All runs of curvebs-tool: two maps at the same time would take back what the other makes.
    scope: scopeOf(context, 'tools'),
    words,
    missing,
    prepare: () => applyAll(work.kube, context, files),
    build: (attempt) => poolJob(context, step, kind, attempt),
    failureOf: (run) => failureOf(work, words, run),
  });
}

async function failureOf(
  work: ActivityContext,
  words: string,
  run: JobRun,
): Promise<ApplicationFailure | undefined> {
  if (run.state === 'succeeded') return undefined;
  const output = await toolOutput(work, run);
  const failure = output && poolToolFailure(output);
  if (!failure) return lostTool(words, run);
  return applicationFailure({ ...failure, message: `cannot ${words}: ${failure.message}` });
}

/** Waits until MDS and every chunkserver agree that all copysets are healthy. */
export async function awaitCopysets(work: ActivityContext, { context, pool }: PoolStep): Promise<void> {
  await awaitAnswer(work, { pods: select(PODS, scopeOf(context, 'mds')) }, async () => {
    const { healthy, detail } = await copysetsNow(work, context);
    const waitingFor = healthy ? '' : `copysets of ${pool.name}: ${detail}`;
    return {
      progress: { done: healthy ? pool.copysets : 0, total: pool.copysets, waitingFor },
      answer: healthy || undefined,
    };
  });
}

/** What copysets-status says now. */
export async function copysetsNow(
  { kube }: ActivityContext,
  context: CurveContext,
): Promise<{ readonly healthy: boolean; readonly detail: string }> {
  const answer = await askMds(kube, context, OPS.copysets);
  if (!answer) return { healthy: false, detail: 'no mds pod is Ready' };
  try {
    return parseCopysetsStatus(answer);
  } catch (error) {
    if (!(error instanceof ToolAnswerError)) throw error;
    return { healthy: false, detail: error.message }; // mds is just changing its leader, or not there at all
  }
}
