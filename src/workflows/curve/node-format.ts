import type { DiskState } from '../../activities/node/contract.ts';
import type { CurveContext, StorageNode } from '../../systems/curve/layout.ts';
import { disksNotReady } from '../../systems/curve/refusals.ts';
import { applicationFailure } from '../failure.ts';
import { diskTargets } from '../../systems/curve/places.ts';
import { readOn, workOn } from '../activity-options.ts';
import type { NodeChain, Outcome } from '../operation/node-chain.ts';

/** Brings every disk of one node to: formatted, marked, mounted on the host, in fstab. */
export async function format(
  chain: NodeChain,
  context: CurveContext,
  storage: StorageNode,
  planned: readonly DiskState[],
): Promise<Outcome<void>> {
  const { clusterId } = context;
  const { node } = storage;
  const disks = diskTargets(context, storage.disks);
  if (planned.every((d) => d.stage === 'ready')) return { skipped: true, value: undefined };

  const done = await chain.change(() =>
    workOn(node, `format ${disks.length} disks on ${node}`).formatDisks({
      clusterId,
      node,
      disks: disks.map((disk) => ({ ...disk, ...identityOf(disk.device, planned) })),
    }),
  );
  for (const disk of done) if (disk.note) chain.note('format', `${disk.device}: ${disk.note}`);

  const seen = await readOn(node, `verify ${disks.length} file systems on ${node}`).inspectDisks({
    clusterId,
    node,
    disks,
  });
  const wrong = disksNotReady(node, seen);
  if (wrong) throw applicationFailure(wrong);
  return { skipped: false, value: undefined };
}

/** A disk that carries our file system is known by its UUID from then on; only an empty one by its identity. */
function identityOf(
  device: string,
  planned: readonly DiskState[],
): Pick<DiskState['disk'], 'identity'> | undefined {
  const state = planned.find((s) => s.disk.path === device);
  return state?.stage === 'empty' ? { identity: state.disk.identity } : undefined;
}
