import { ApplicationFailure } from '@temporalio/workflow';
import { type CurveLayout, layoutOf, type OperationId } from '../../systems/curve/layout.ts';
import { checkAgainst, checkImmutable } from '../../systems/curve/cluster-rules.ts';
import { nodesOf } from '../../systems/curve/layout.ts';
import type { CurveClusterSpec } from '../../systems/curve/spec.ts';
import { apply, look, wait } from '../steps.ts';
import type { PhaseTable } from './phase-table.ts';

/** What the control plane can check before any node is asked; the nodes' own checks follow in node-preflight.ts. */
export async function preflight(table: PhaseTable, operation: OperationId, spec: CurveClusterSpec): Promise<CurveLayout> {
  const nodes = nodesOf(spec);
  table.start('preflight', nodes.length, `checking ${nodes.length} nodes`);

  const facts = await look(`look at ${nodes.length} nodes and what exists in ${operation.namespace}`).observeKubernetes({
    cluster: operation,
    nodes,
    ...s3Secret(spec),
  });
  const addresses = Object.fromEntries(facts.nodes.flatMap((n) => (n.ip ? [[n.name, n.ip]] : [])));
  const unplaced = checkAgainst(spec, facts);
  refuse(unplaced);

  const clusterId = await apply('take up or mint the cluster id').claimClusterId(operation);
  const layout = layoutOf({ operation, clusterId, spec, addresses });
  refuse(checkImmutable(layout, facts.existing));

  await wait(`read the configuration templates out of ${layout.context.image}`).readTemplates(layout.context);
  return layout;
}

export const s3Secret = (spec: CurveClusterSpec): { s3Secret?: string } => {
  const name = spec.snapShotClone.enable ? spec.snapShotClone.s3Config.secretRef?.name : undefined;
  return name ? { s3Secret: name } : {};
};

interface Violation {
  readonly path: string;
  readonly message: string;
  readonly next: string;
}

function refuse(violations: readonly Violation[]): void {
  if (violations.length === 0) return;
  const sentences = violations.map((v) => `${v.path}: ${v.message}; ${v.next}`);
  throw ApplicationFailure.nonRetryable(sentences.join('\n'), 'SpecRefused', violations);
}
