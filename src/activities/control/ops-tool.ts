import { ApplicationFailure } from '@temporalio/activity';
import type { Kube } from '../../kube/client.ts';
import { KubeError } from '../../kube/errors.ts';
import { exec } from '../../kube/exec.ts';
import { list } from '../../kube/objects.ts';
import { PODS } from '../../kube/resources.ts';
import type { CurveContext } from '../../systems/curve/layout.ts';
import { OPS_TOOL } from '../../systems/curve/tools/ops-tool.ts';
import { ToolAnswerError, type ToolOutput } from '../../systems/curve/tools/output.ts';
import { scopeOf } from './health.ts';
import { TOOL_TIMEOUT_MS } from './intervals.ts';
import { isReady } from './pods.ts';

/**
 * Asks MDS by curve_ops_tool in a pod that has it and its configuration. Which pod does not matter: the tool itself
 * finds the leader. Undefined when no mds pod is Ready; one that is lost while it is asked gives way to the next.
 */
export async function askMds(
  kube: Kube,
  context: CurveContext,
  argv: readonly string[],
): Promise<ToolOutput | undefined> {
  const { items } = await list(kube, PODS, scopeOf(context, 'mds'));
  let lost: KubeError | undefined;
  for (const pod of items.filter(isReady)) {
    const { namespace = '', name = '' } = pod.metadata ?? {};
    const command = {
      namespace,
      pod: name,
      container: 'mds',
      argv: [OPS_TOOL, ...argv],
      timeoutMs: TOOL_TIMEOUT_MS,
    };
    try {
      const { exitCode, stdout, stderr } = await exec(kube, command);
      return { exitCode, output: `${stdout}\n${stderr}` };
    } catch (error) {
      if (!(error instanceof KubeError) || error.permanent) throw error;
      lost = error;
    }
  }
  if (lost) throw lost;
  return undefined;
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
    throw ApplicationFailure.create({ type: 'CurveToolAnswer', message: error.message });
  }
}
