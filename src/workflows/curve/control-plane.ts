import type { DaemonFacts } from '../../activities/control/contract.ts';
import type { ExistingCluster, ExistingDaemon } from '../../systems/curve/facts.ts';
import type { CurveContext } from '../../systems/curve/layout.ts';
import type { PhaseName } from '../../systems/curve/phases.ts';
import { write, read, watch } from '../activity-options.ts';
import type { PhaseTable } from '../operation/phase-table.ts';
import type { NodeBatches } from '../operation/node-batches.ts';

/** What every phase of the control plane works with. */
export interface PhaseContext {
  readonly table: PhaseTable;
  readonly nodes: NodeBatches;
  readonly context: CurveContext;
  /** What was there when the operation began. */
  readonly existing: ExistingCluster;
}

/**
 * etcd, mds and snapshotclone: a few instances on chosen nodes, created together, changed one after the other, verified
 * by their own answers.
 */
interface DaemonRollout {
  readonly instances: readonly { readonly id: string; readonly node: string }[];
  readonly observe: () => Promise<DaemonFacts>;
  readonly act: (instances: readonly string[]) => Promise<void>;
  /** Until one instance runs in its newest form, and the kind serves. */
  readonly follow: (instance: string) => Promise<void>;
  readonly verify: () => Promise<void>;
  readonly done: string;
}

/** Three members at once: etcd is not ready until two of them run. */
export const etcd = (scene: PhaseContext): Promise<void> => {
  const { context } = scene;
  return rollOut(scene, 'etcd', {
    instances: context.etcd,
    observe: () => read('ask etcd for its health').observeEtcd(context),
    act: (instances) => write(`apply etcd ${listed(instances)}`).applyEtcd({ context, instances }),
    follow: (instance) => watch(`wait until etcd ${instance} is healthy`).awaitEtcd({ context, instance }),
    verify: () => watch('wait until every etcd member is healthy and one leads').awaitEtcd({ context }),
    done: `${context.etcd.length} members healthy, one leader`,
  });
};

export const mds = (scene: PhaseContext): Promise<void> => {
  const { context } = scene;
  return rollOut(scene, 'mds', {
    instances: context.mds,
    observe: () => read('ask every mds whether it leads').observeMds(context),
    act: (instances) => write(`apply mds ${listed(instances)}`).applyMds({ context, instances }),
    follow: (instance) => watch(`wait until mds ${instance} runs`).awaitMds({ context, instance }),
    verify: () => watch('wait until exactly one mds leads and serves').awaitMds({ context }),
    done: `${context.mds.length} instances, one leader`,
  });
};

export async function snapshotclone(scene: PhaseContext): Promise<void> {
  const { table, context } = scene;
  const total = context.snapshotclone.length;
  if (total === 0) {
    table.end('snapshotclone', 'Skipped', 'not enabled in the spec');
    return;
  }
  await rollOut(scene, 'snapshotclone', {
    instances: context.snapshotclone,
    observe: () => read('ask snapshotclone for its active instance').observeSnapshotclone(context),
    act: (instances) =>
      write(`apply snapshotclone ${listed(instances)} with its proxy`).applySnapshotclone({
        context,
        instances,
      }),
    follow: (instance) =>
      watch(`wait until snapshotclone ${instance} runs`).awaitSnapshotclone({ context, instance }),
    verify: () =>
      watch('wait for the active instance, its proxy and the bucket').awaitSnapshotclone({ context }),
    done: `${total} instances, one active, bucket ${context.s3?.bucket ?? ''} reachable`,
  });
}

async function rollOut(
  { table, nodes, existing }: PhaseContext,
  phase: PhaseName & ExistingDaemon['role'],
  story: DaemonRollout,
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
  await rollOneByOne(table, phase, story, { behind: seen.outdated, ahead: together });
  await story.verify();
  table.end(phase, 'Done', story.done);
}

/**
 * One running instance after the other, each only when those before it run again: the rest serves meanwhile, and a
 * setting that is wrong stops at the first.
 */
async function rollOneByOne(
  table: PhaseTable,
  phase: PhaseName,
  story: DaemonRollout,
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
