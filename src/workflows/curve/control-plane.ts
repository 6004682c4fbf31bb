import type { DaemonFacts } from '../../activities/control/contract.ts';
import type { ExistingCluster, ExistingDaemon } from '../../systems/curve/facts.ts';
import type { CurveContext } from '../../systems/curve/layout.ts';
import type { PhaseName } from '../../systems/curve/phases.ts';
import { apply, look, wait } from '../steps.ts';
import type { PhaseTable } from './phase-table.ts';
import type { StorageNodes } from './storage-nodes.ts';

/** What every phase of the control plane works with. */
export interface Scene {
  readonly table: PhaseTable;
  readonly nodes: StorageNodes;
  readonly context: CurveContext;
  /** What was there when the operation began. */
  readonly existing: ExistingCluster;
}

/**
 * etcd, mds and snapshotclone: a few instances on chosen nodes, created together, changed one after the other, verified
 * by their own answers.
 */
interface Story {
  readonly instances: readonly { readonly id: string; readonly node: string }[];
  readonly observe: () => Promise<DaemonFacts>;
  readonly act: (instances: readonly string[]) => Promise<void>;
  /** Until one instance runs in its newest form, and the kind serves. */
  readonly follow: (instance: string) => Promise<void>;
  readonly verify: () => Promise<void>;
  readonly done: string;
}

/** Three members at once: etcd is not ready until two of them run. */
export const etcd = (scene: Scene): Promise<void> => {
  const { context } = scene;
  return tell(scene, 'etcd', {
    instances: context.etcd,
    observe: () => look('ask etcd for its health').observeEtcd(context),
    act: (instances) => apply(`apply etcd ${listed(instances)}`).applyEtcd({ context, instances }),
    follow: (instance) => wait(`wait until etcd ${instance} is healthy`).awaitEtcd({ context, instance }),
    verify: () => wait('wait until every etcd member is healthy and one leads').awaitEtcd({ context }),
    done: `${context.etcd.length} members healthy, one leader`,
  });
};

export const mds = (scene: Scene): Promise<void> => {
  const { context } = scene;
  return tell(scene, 'mds', {
    instances: context.mds,
    observe: () => look('ask every mds whether it leads').observeMds(context),
    act: (instances) => apply(`apply mds ${listed(instances)}`).applyMds({ context, instances }),
    follow: (instance) => wait(`wait until mds ${instance} runs`).awaitMds({ context, instance }),
    verify: () => wait('wait until exactly one mds leads and serves').awaitMds({ context }),
    done: `${context.mds.length} instances, one leader`,
  });
};

export async function snapshotclone(scene: Scene): Promise<void> {
  const { table, context } = scene;
  const total = context.snapshotclone.length;
  if (total === 0) {
    table.end('snapshotclone', 'Skipped', 'not enabled in the spec');
    return;
  }
  await tell(scene, 'snapshotclone', {
    instances: context.snapshotclone,
    observe: () => look('ask snapshotclone for its active instance').observeSnapshotclone(context),
    act: (instances) =>
      apply(`apply snapshotclone ${listed(instances)} with its proxy`).applySnapshotclone({
        context,
        instances,
      }),
    follow: (instance) =>
      wait(`wait until snapshotclone ${instance} runs`).awaitSnapshotclone({ context, instance }),
    verify: () =>
      wait('wait for the active instance, its proxy and the bucket').awaitSnapshotclone({ context }),
    done: `${total} instances, one active, bucket ${context.s3?.bucket ?? ''} reachable`,
  });
}

async function tell(
  { table, nodes, existing }: Scene,
  phase: PhaseName & ExistingDaemon['role'],
  story: Story,
): Promise<void> {
  const { instances } = story;
  table.start(phase, instances.length);
  const seen = await story.observe();
  if (seen.satisfied) {
    table.end(phase, 'Skipped', `already there: ${seen.detail}`);
    return;
  }
  // No daemon is made on a node that was not checked. One that exists already holds up nobody: its node was, once.
  const isNew = ({ id }: { readonly id: string }): boolean =>
    !existing.daemons.some((d) => d.role === phase && d.id === id);
  await nodes.claimed(instances.filter(isNew).map(({ node }) => node));
  const together = instances.map(({ id }) => id).filter((id) => !seen.outdated.includes(id));
  if (together.length > 0) await story.act(together);
  await roll(table, phase, story, { behind: seen.outdated, ahead: together });
  await story.verify();
  table.end(phase, 'Done', story.done);
}

/**
 * One running instance after the other, each only when those before it run again: the rest serves meanwhile, and a
 * setting that is wrong stops at the first.
 */
async function roll(
  table: PhaseTable,
  phase: PhaseName,
  story: Story,
  { behind, ahead }: { readonly behind: readonly string[]; readonly ahead: readonly string[] },
): Promise<void> {
  if (behind.length === 0) return;
  for (const id of ahead) await story.follow(id);
  for (const [i, id] of behind.entries()) {
    table.count(phase, ahead.length + i);
    await story.act([id]);
    await story.follow(id);
  }
}

const listed = (instances: readonly string[]): string => instances.join(', ');
