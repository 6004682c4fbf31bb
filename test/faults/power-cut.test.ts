import { test } from 'vitest';
import { holderOf } from '../support/faults.ts';
import { CurveFault } from '../support/curve-faults.ts';
import { endsAsUndisturbed } from '../support/ending.ts';
import { eventually } from '../support/eventually.ts';
import { deviceOf } from '../support/foreign-disks.ts';
import type { Arrival, Place } from '../support/failpoint-server.ts';
import { reference } from '../support/reference.ts';
import { stage } from '../support/stage.ts';
import { log } from '../support/sandbox.ts';

/** A node is Ready about a quarter of a minute after its power came back, and daemons find each other after that. */
const NEXT_FAULT_MS = 180_000;

/**
 * One place in every phase. In the phases of the nodes it is the node that works; in the others the one on which the
 * control worker that holds runs, which also carries a third of everything that the phase is about.
 */
const PLACES: Readonly<Record<string, Place>> = {
  preflight: { activity: 'inspectNode', when: 'after', node: 'node1' },
  chunkfilepool: { activity: 'curve.watchPools', when: 'before', node: 'node3' },
  etcd: { activity: 'curve.awaitEtcd', when: 'before' },
  mds: { activity: 'curve.awaitMds', when: 'after' },
  physicalPool: { activity: 'curve.createPhysicalPool', when: 'after' },
  chunkservers: { activity: 'curve.awaitChunkservers', when: 'before', node: 'node1' },
  logicalPool: { activity: 'curve.createLogicalPool', when: 'before' },
  snapshotclone: { activity: 'curve.awaitSnapshotclone', when: 'before' },
};

test('the power of a node is cut once in every phase, the control worker that holds included', async () => {
  const undisturbed = await reference();
  await using kind = await stage({ mkfs: true });
  const { box, hold, cluster } = kind;
  // In format one mkfs of node2 has not begun and two have ended, but nobody has heard of it yet.
  const unbegun = hold.expect({ activity: 'mkfs.ext4', when: 'before', node: 'node2' });
  const unheard = [1, 2].map((nth) =>
    hold.expect({ activity: 'mkfs.ext4', when: 'after', node: 'node2', nth }),
  );
  // In chunkfilepool a curve_format of node3 stands half way until its node has lost power, however long the other faults take.
  const [disk] = cluster.document.spec.storage.devices ?? [];
  const filling = (): CurveFault =>
    new CurveFault(box, 'node3', disk?.mountPath ?? '', 'curve_format.hold-after-chunks');
  hold.passing({ activity: 'formatDisks', when: 'after', node: 'node3' }, () => filling().on('5'));
  const goOnFilling = (): Promise<boolean> =>
    eventually(
      'the disk of node3 is mounted again, and curve_format may go on',
      () =>
        filling()
          .off()
          .then(() => true),
      Boolean,
      60_000,
    );
  const faults = Object.entries(PLACES).map(([phase, place]) => ({ phase, fault: hold.expect(place) }));
  await cluster.apply();

  // Two nodes at once would be another fault: the machines lose their power one after the other.
  let turn: Promise<void> = Promise.resolve();
  const cutPower = (phase: string, held: Arrival): Promise<void> => {
    turn = turn.then(async () => {
      if (held.isGone()) {
        log(`${phase}: its worker went with the node of another fault`);
        return;
      }
      const { node } = await holderOf(box, held);
      log(`${phase}: cutting the power of ${node}`);
      await box.run('node', 'stop', node);
      await held.gone;
      await box.run('node', 'start', node);
    });
    return turn;
  };
  const inFormat = async (): Promise<string> => {
    const held = await unbegun.reached(NEXT_FAULT_MS);
    for (const fault of unheard) await fault.reached(NEXT_FAULT_MS);
    const device = await deviceOf(box, 'node2', held.point.input.split(' ')[0] ?? '');
    await cutPower('format', held);
    return `node2:${device}`;
  };
  const formatting = inFormat();
  const [twice] = await cluster.unlessFailed(
    Promise.all([
      formatting,
      ...faults.map(async ({ phase, fault }) => {
        const held = await fault.reached(NEXT_FAULT_MS);
        // Beside format runs etcd. Its worker may stand on node2, whose disks must first be where format's fault finds them.
        if (phase === 'etcd') await formatting;
        await cutPower(phase, held);
        if (phase === 'chunkfilepool') await goOnFilling();
      }),
    ]),
  );

  await endsAsUndisturbed(kind, undisturbed, { [twice]: 2 });
});
