import type { Kube } from '../../../kube/client.ts';
import { exec } from '../../../kube/exec.ts';
import { list } from '../../../kube/objects.ts';
import { PODS } from '../../../kube/resources.ts';
import { curveFailure } from '../../../systems/curve/failures.ts';
import type { CurveContext } from '../../../systems/curve/layout.ts';
import { OPS_TOOL } from '../../../systems/curve/tools/ops-tool.ts';
import { ToolAnswerError } from '../../../systems/curve/tools/output.ts';
import type { ToolOutput } from '../../../systems/tool-output.ts';
import { applicationFailure } from '../../failure.ts';
import { scopeOf } from './scopes.ts';
import { firstAnswer } from '../../control/hedged.ts';
import { COMMANDS_AT_ONCE, HEDGE_MS } from '../../control/intervals.ts';
import { TOOL_TIMEOUT_MS } from './intervals.ts';
import { type Pod, isReady } from '../../control/pods.ts';
import { KeyedSemaphore } from '../../control/keyed-semaphore.ts';

/**
 * Asks MDS by curve_ops_tool in a pod that has it and its configuration. Which pod does not matter: the tool itself
 * finds the leader. Undefined when no mds pod is Ready. A pod on a node that was lost a moment ago still counts as
 * Ready and only keeps silent; so when one does not answer soon, the next is asked beside it, and the first answer
 * counts.
 */
export async function askMds(
  kube: Kube,
  context: CurveContext,
  argv: readonly string[],
): Promise<ToolOutput | undefined> {
  const { items } = await list(kube, PODS, scopeOf(context, 'mds'));
  const pods = items.filter(isReady);
  if (pods.length === 0) return undefined;
  const questions = pods.map((pod) => (signal: AbortSignal) => runIn(kube.within(signal), pod, argv));
  return firstAnswer(questions, HEDGE_MS);
}

/** Shared by the whole process: what it protects is the pod's container runtime. */
const turns = new KeyedSemaphore(COMMANDS_AT_ONCE);

async function runIn(kube: Kube, pod: Pod, argv: readonly string[]): Promise<ToolOutput> {
  const { namespace = '', name = '', uid = '' } = pod.metadata ?? {};
  const command = {
    namespace,
    pod: name,
    container: 'mds',
    argv: [OPS_TOOL, ...argv],
    timeoutMs: TOOL_TIMEOUT_MS,
  };
  const { exitCode, stdout, stderr } = await turns.run(uid, () => exec(kube, command));
  return { exitCode, output: `${stdout}\n${stderr}` };
}

/** The commands, with what makes them cheap: no check of every chunkserver, which nobody reads here. */
export const OPS = {
  servers: ['server-list'],
  chunkservers: ['chunkserver-list', '-checkHealth=false'],
  logicalPools: ['logical-pool-list'],
  copysets: ['copysets-status'],
} as const;

/** An answer that makes no sense is asked for again by the activity's retry. */
export function understood<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ToolAnswerError)) throw error;
    throw applicationFailure(curveFailure('CurveToolAnswer', { message: error.message }));
  }
}
