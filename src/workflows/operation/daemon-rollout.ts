import type { DaemonFacts } from '../../activities/control/contract.ts';
import type { NodeBatches } from './node-batches.ts';
import type { PhaseTable } from './phase-table.ts';

/** What a phase that runs daemons on nodes works with. */
export interface RolloutContext {
  readonly table: PhaseTable;
  readonly nodes: NodeBatches;
}

/**
 * A kind of daemon with a few instances on chosen nodes: created together, changed one after the other, verified by their
 * own answers.
 */
export interface DaemonRollout {
  readonly phase: string;
  readonly instances: readonly { readonly id: string; readonly node: string }[];
  /** It was there when the operation began: then its node was checked once, and holds up nobody now. */
  readonly existed: (instance: string) => boolean;
  readonly observe: () => Promise<DaemonFacts>;
  readonly apply: (instances: readonly string[]) => Promise<void>;
  /** Ends when one instance runs in its newest form, and the kind serves. */
  readonly awaitInstance: (instance: string) => Promise<void>;
  readonly verify: () => Promise<void>;
  /** What was reached, for the phase table. */
  readonly summary: string;
}

export async function rollOut({ table, nodes }: RolloutContext, rollout: DaemonRollout): Promise<void> {
  const { phase, instances } = rollout;
  table.start(phase, instances.length);
  const seen = await rollout.observe();
  if (seen.satisfied) {
    table.end(phase, 'Skipped', `already there: ${seen.detail}`);
    return;
  }
  // No daemon is made on a node that was not checked.
  await nodes.claimed(instances.filter(({ id }) => !rollout.existed(id)).map(({ node }) => node));
  const together = instances.map(({ id }) => id).filter((id) => !seen.outdated.includes(id));
  if (together.length > 0) await rollout.apply(together);
  await rollOneByOne(table, rollout, { outdated: seen.outdated, upToDate: together });
  await rollout.verify();
  table.end(phase, 'Done', rollout.summary);
}

/**
 * One running instance after the other, each only when those before it run again: the rest serves meanwhile, and a
 * setting that is wrong stops at the first.
 */
async function rollOneByOne(
  table: PhaseTable,
  rollout: DaemonRollout,
  { outdated, upToDate }: { readonly outdated: readonly string[]; readonly upToDate: readonly string[] },
): Promise<void> {
  if (outdated.length === 0) return;
  for (const id of upToDate) await rollout.awaitInstance(id);
  for (const [i, id] of outdated.entries()) {
    table.count(rollout.phase, upToDate.length + i);
    await rollout.apply([id]);
    await rollout.awaitInstance(id);
  }
}
