import type { CurveLayout } from '../../systems/curve/layout.ts';
import { judgeLogicalPool, judgePhysicalPool } from '../../systems/curve/topology.ts';
import { curveFailure } from '../../systems/curve/failures.ts';
import { applicationFailure } from '../failure.ts';
import type { PhaseTable } from '../operation/phase-table.ts';
import { curve } from './activities.ts';

/** Servers, zones and the physical pool in MDS, from the complete map: what the map lacks, the tool deletes. */
export async function physicalPool(table: PhaseTable, layout: CurveLayout): Promise<void> {
  const step = stepOf(layout);
  table.start('physicalPool', layout.storage.length);
  const before = judgePhysicalPool(layout, await observe(layout));
  if (before.satisfied) {
    table.end('physicalPool', 'Skipped', `already there: ${before.detail}`);
    return;
  }
  // The tool is declarative and destructive: where it would delete what is in use, a person decides.
  if (before.refused) throw failed('PhysicalPoolRefused', before.refused);
  await curve
    .watch(`create physical pool ${layout.pool.name} with ${layout.storage.length} servers`)
    .createPhysicalPool(step);

  const after = judgePhysicalPool(layout, await observe(layout));
  if (!after.satisfied) throw failed('PhysicalPoolWrong', after.detail);
  table.end('physicalPool', 'Done', after.detail);
}

/** Made once, of the chunkservers that MDS knows at that moment (docs/curve.md#creating-the-logical-pool): so all of them must be online. */
export async function logicalPool(table: PhaseTable, layout: CurveLayout): Promise<void> {
  const step = stepOf(layout);
  table.start('logicalPool', 1);
  const before = judgeLogicalPool(layout, await observe(layout));
  if (before.refused) throw failed('LogicalPoolRefused', before.refused);
  if (!before.satisfied) {
    await curve
      .watch(`create logical pool ${layout.pool.name} with ${layout.pool.copysets} copysets`)
      .createLogicalPool(step);
    const after = judgeLogicalPool(layout, await observe(layout));
    if (!after.satisfied) throw failed('LogicalPoolWrong', after.detail);
  }
  await curve.watch(`wait until the copysets of ${layout.pool.name} are healthy`).awaitCopysets(step);
  table.end(
    'logicalPool',
    before.satisfied ? 'Skipped' : 'Done',
    before.satisfied ? `already there: ${before.detail}` : `${layout.pool.copysets} copysets healthy`,
  );
}

const failed = (type: Parameters<typeof curveFailure>[0], message: string) =>
  applicationFailure(curveFailure(type, { message }));

const observe = (layout: CurveLayout) =>
  curve.read('ask mds for servers, pools and chunkservers').observePools(layout);

const stepOf = ({ context, storage, pool }: CurveLayout) => ({ context, storage, pool });
