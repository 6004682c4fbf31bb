import { cancellationSignal } from '@temporalio/activity';
import { emptyPool, inspectPool } from '../../../node/curve/pools.ts';
import type { Host } from '../../../node/host.ts';
import { asActivity } from '../../node/failures.ts';
import { goalOf, orderOf } from '../../node/format-disks.ts';
import { overDisks } from '../../node/over-disks.ts';
import type { CurveNodeActivities } from '../contract.ts';
import { watchPools } from './watch-pools.ts';

/** What a node worker can be asked for by Curve's workflows. */
export function createCurveNodeActivities({ host }: { readonly host: Host }): CurveNodeActivities {
  return {
    inspectPools: (input) =>
      asActivity(() =>
        overDisks(input, 'counting chunks on', (disk) => inspectPool(host, goalOf(input, disk))),
      ),
    emptyPools: (input) =>
      asActivity(async () => {
        const [order, signal] = [orderOf(input.clusterId), cancellationSignal()];
        await overDisks(input, 'emptying the pool of', (disk) =>
          emptyPool(host, goalOf(input, disk), order, signal),
        );
      }),
    watchPools: (input) => asActivity(() => watchPools(host, input)),
  };
}
