import type { ExistingCluster, ExistingDaemon } from '../../systems/curve/facts.ts';
import type { CurveContext } from '../../systems/curve/layout.ts';
import { type RolloutContext, rollOut } from '../operation/daemon-rollout.ts';
import { curve } from './activities.ts';

/** What every phase of the control plane works with. */
export interface PhaseContext extends RolloutContext {
  readonly context: CurveContext;
  /** What was there when the operation began. */
  readonly existing: ExistingCluster;
}

const { read, write, watch } = curve;

/** Three members at once: etcd is not ready until two of them run. */
export async function etcd(phase: PhaseContext): Promise<void> {
  const { context } = phase;
  await rollOut(phase, {
    phase: 'etcd',
    instances: context.etcd,
    existed: existedAs('etcd', phase),
    observe: () => read('ask etcd for its health').observeEtcd(context),
    apply: (instances) => write(`apply etcd ${listed(instances)}`).applyEtcd({ context, instances }),
    awaitInstance: (instance) =>
      watch(`wait until etcd ${instance} is healthy`).awaitEtcd({ context, instance }),
    verify: () => watch('wait until every etcd member is healthy and one leads').awaitEtcd({ context }),
    summary: `${context.etcd.length} members healthy, one leader`,
  });
}

export async function mds(phase: PhaseContext): Promise<void> {
  const { context } = phase;
  await rollOut(phase, {
    phase: 'mds',
    instances: context.mds,
    existed: existedAs('mds', phase),
    observe: () => read('ask every mds whether it leads').observeMds(context),
    apply: (instances) => write(`apply mds ${listed(instances)}`).applyMds({ context, instances }),
    awaitInstance: (instance) => watch(`wait until mds ${instance} runs`).awaitMds({ context, instance }),
    verify: () => watch('wait until exactly one mds leads and serves').awaitMds({ context }),
    summary: `${context.mds.length} instances, one leader`,
  });
}

export async function snapshotclone(phase: PhaseContext): Promise<void> {
  const { table, context } = phase;
  const total = context.snapshotclone.length;
  if (total === 0) {
    table.end('snapshotclone', 'Skipped', 'not enabled in the spec');
    return;
  }
  await rollOut(phase, {
    phase: 'snapshotclone',
    instances: context.snapshotclone,
    existed: existedAs('snapshotclone', phase),
    observe: () => read('ask snapshotclone for its active instance').observeSnapshotclone(context),
    apply: (instances) =>
      write(`apply snapshotclone ${listed(instances)} with its proxy`).applySnapshotclone({
        context,
        instances,
      }),
    awaitInstance: (instance) =>
      watch(`wait until snapshotclone ${instance} runs`).awaitSnapshotclone({ context, instance }),
    verify: () =>
      watch('wait for the active instance, its proxy and the bucket').awaitSnapshotclone({ context }),
    summary: `${total} instances, one active, bucket ${context.s3?.bucket ?? ''} reachable`,
  });
}

const existedAs =
  (role: ExistingDaemon['role'], { existing }: PhaseContext) =>
  (instance: string): boolean =>
    existing.daemons.some((d) => d.role === role && d.id === instance);

const listed = (instances: readonly string[]): string => instances.join(', ');
