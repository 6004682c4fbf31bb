import type { CurveContext } from '../../systems/curve/layout.ts';
import { workOn } from '../steps.ts';

/**
 * Puts the owner file of this cluster into the data directory of one node. Before any daemon writes there: data without
 * an owner would look like a stranger's to the next operation.
 */
export const claimHostDataDir = (
  { clusterId, hostDataDir, operation }: CurveContext,
  node: string,
): Promise<void> =>
  workOn(node, `claim ${hostDataDir} on ${node}`).claimHostDataDir({
    clusterId,
    cluster: `${operation.namespace}/${operation.name}`,
    hostDataDir,
  });
