import { ApplicationFailure } from '@temporalio/workflow';
import type { DiskState } from '../../activities/node/contract.ts';
import type { CurveContext } from '../../systems/curve/layout.ts';
import { lookOn } from '../steps.ts';
import type { Outcome } from './node-chain.ts';
import type { NodeTask } from './node-tasks.ts';

/**
 * Looks at one node before anything is written anywhere: its ports, what other clusters left, its disks and who they
 * are. The identity recorded here is what formatting compares right before the first write.
 */
export async function checkNode(
  context: CurveContext,
  task: NodeTask,
): Promise<Outcome<readonly DiskState[]>> {
  const { node, ports, storage } = task;
  const { clusterId, hostDataDir } = context;
  const disks = storage?.disks ?? [];
  const [taken, leftovers, states] = await Promise.all([
    lookOn(node, `check ${ports.length} ports on ${node}`).checkPorts({ clusterId, ports }),
    lookOn(node, `look for leftovers of other clusters on ${node}`).findLeftovers({
      clusterId,
      hostDataDir,
      mountPaths: disks.map((d) => d.mountPath),
    }),
    disks.length > 0
      ? lookOn(node, `inspect ${disks.length} disks on ${node}`).inspectDisks({ clusterId, node, disks })
      : Promise.resolve([]),
  ]);

  const problems = [
    ...taken
      .filter((t) => !t.ours)
      .map((t) => `port ${t.port} of ${t.service} is taken by ${t.by}: stop it or choose another port`),
    ...leftovers.map((l) => `${l.path}: ${l.detail}`),
    ...states.filter((s) => s.state === 'refused').map(refusal),
  ];
  if (problems.length > 0) {
    throw ApplicationFailure.nonRetryable(`${node}: ${problems.join('; ')}`, 'NodeRefused', problems);
  }
  return { skipped: false, value: states };
}

const refusal = (s: DiskState): string =>
  `${s.disk.path} is not touched: ${s.findings.map((f) => f.detail).join(', ')}`;
