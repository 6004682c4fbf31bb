import type { ExistingCluster } from '../../systems/curve/facts.ts';
import { type CurveLayout, nodesOf } from '../../systems/curve/layout.ts';
import { specRefused } from '../../systems/curve/refusals.ts';
import type { OperationId } from '../../systems/operation.ts';
import { addressesOf, checkAgainst, notReady } from '../../systems/curve/rules/kubernetes.ts';
import { checkImmutable } from '../../systems/curve/rules/immutable.ts';
import type { CurveClusterSpec } from '../../systems/curve/spec.ts';
import type { Violation } from '../../systems/violation.ts';
import { applicationFailure } from '../failure.ts';
import { write } from '../activity-options.ts';
import type { PhaseTable } from '../operation/phase-table.ts';
import { curve } from './activities.ts';

/** What the control plane can check before any node is asked; the nodes' own checks follow in node-preflight.ts. */
export async function preflight(
  table: PhaseTable,
  operation: OperationId,
  spec: CurveClusterSpec,
): Promise<{ readonly layout: CurveLayout; readonly existing: ExistingCluster }> {
  const nodes = nodesOf(spec);
  table.start('preflight', nodes.length, `checking ${nodes.length} nodes`);

  const facts = await curve
    .read(`look at ${nodes.length} nodes and what exists in ${operation.namespace}`)
    .observeKubernetes({
      resource: operation,
      nodes,
      ...s3Secret(spec),
    });
  refuse(checkAgainst(operation, spec, facts));
  for (const words of notReady(facts)) table.note('preflight', words);

  const clusterId = await write('take up or mint the cluster id').claimClusterId(operation);
  const layout = await curve
    .read('compute the layout')
    .computeLayout({ operation, clusterId, spec, addresses: addressesOf(facts) });
  refuse(checkImmutable(spec, layout, facts.existing));

  await curve
    .watch(`read the configuration templates out of ${layout.context.image}`)
    .readTemplates(layout.context);
  return { layout, existing: facts.existing };
}

export const s3Secret = (spec: CurveClusterSpec): { s3Secret?: string } => {
  const name = spec.snapShotClone.enable ? spec.snapShotClone.s3Config.secretRef?.name : undefined;
  return name ? { s3Secret: name } : {};
};

function refuse(violations: readonly Violation[]): void {
  if (violations.length === 0) return;
  throw applicationFailure(specRefused(violations));
}
