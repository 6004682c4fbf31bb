import type { StepFacts } from '../../activities/control/contract.ts';
import type { CurveContext } from '../../systems/curve/layout.ts';
import type { PhaseName } from '../../systems/curve/phases.ts';
import { apply, look, wait } from '../steps.ts';
import { claimHostDataDir } from './host-data-dir.ts';
import type { PhaseTable } from './phase-table.ts';

/** etcd, mds and snapshotclone: a few instances on chosen nodes, created together, verified by their own answers. */
interface Story {
  readonly instances: readonly { readonly node: string }[];
  readonly observe: () => Promise<StepFacts>;
  readonly act: () => Promise<void>;
  readonly verify: () => Promise<void>;
  readonly done: string;
}

/** Three members at once: etcd is not ready until two of them run. */
export const etcd = (table: PhaseTable, context: CurveContext): Promise<void> =>
  tell(table, context, 'etcd', {
    instances: context.etcd,
    observe: () => look('ask etcd for its health').observeEtcd(context),
    act: () => apply(`apply ${context.etcd.length} etcd members`).applyEtcd(context),
    verify: () => wait('wait until every etcd member is healthy and one leads').awaitEtcd(context),
    done: `${context.etcd.length} members healthy, one leader`,
  });

export const mds = (table: PhaseTable, context: CurveContext): Promise<void> =>
  tell(table, context, 'mds', {
    instances: context.mds,
    observe: () => look('ask every mds whether it leads').observeMds(context),
    act: () => apply(`apply ${context.mds.length} mds`).applyMds(context),
    verify: () => wait('wait until exactly one mds leads and serves').awaitMds(context),
    done: `${context.mds.length} instances, one leader`,
  });

export async function snapshotclone(table: PhaseTable, context: CurveContext): Promise<void> {
  const total = context.snapshotclone.length;
  if (total === 0) {
    table.end('snapshotclone', 'Skipped', 'not enabled in the spec');
    return;
  }
  await tell(table, context, 'snapshotclone', {
    instances: context.snapshotclone,
    observe: () => look('ask snapshotclone for its active instance').observeSnapshotclone(context),
    act: () => apply(`apply ${total} snapshotclone instances and their proxies`).applySnapshotclone(context),
    verify: () => wait('wait for the active instance, its proxy and the bucket').awaitSnapshotclone(context),
    done: `${total} instances, one active, bucket ${context.s3?.bucket ?? ''} reachable`,
  });
}

async function tell(table: PhaseTable, context: CurveContext, phase: PhaseName, story: Story): Promise<void> {
  const { instances } = story;
  table.start(phase, instances.length);
  const seen = await story.observe();
  if (seen.satisfied) {
    table.end(phase, 'Skipped', `already there: ${seen.detail}`);
    return;
  }
  await Promise.all(instances.map(({ node }) => claimHostDataDir(context, node)));
  await story.act();
  await story.verify();
  table.end(phase, 'Done', story.done);
}
