import { test } from 'vitest';
import { holderOf } from '../support/blows.ts';
import { endsAsUndisturbed } from '../support/ending.ts';
import type { Place } from '../support/hold-server.ts';
import { reference } from '../support/reference.ts';
import { stage } from '../support/stage.ts';
import { tell } from '../support/sandbox.ts';

/** A node is Ready about a quarter of a minute after its power came back, and daemons find each other after that. */
const NEXT_BLOW_MS = 180_000;

/**
 * One place in every phase. In the phases of the nodes it is the node that works; in the others the one on which the
 * control worker that holds runs, which also carries a third of everything that the phase is about.
 */
const PLACES: Readonly<Record<string, Place>> = {
  preflight: { activity: 'inspectDisks', when: 'after', node: 'node1' },
  format: { activity: 'mkfs.ext4', when: 'after', node: 'node2' },
  chunkfilepool: { activity: 'trackPools', when: 'before', node: 'node3' },
  etcd: { activity: 'awaitEtcd', when: 'before' },
  mds: { activity: 'applyMds', when: 'after' },
  physicalPool: { activity: 'createPhysicalPool', when: 'after' },
  chunkservers: { activity: 'awaitChunkservers', when: 'before', node: 'node1' },
  logicalPool: { activity: 'createLogicalPool', when: 'before' },
  snapshotclone: { activity: 'awaitSnapshotclone', when: 'before' },
};

test('the power of a node is cut once in every phase, the control worker that holds included', async () => {
  const undisturbed = await reference();
  await using kind = await stage({ mkfs: true });
  const { box, hold, cluster } = kind;
  const blows = Object.entries(PLACES).map(([phase, place]) => ({ phase, blow: hold.expect(place) }));
  await cluster.apply();

  // Two nodes at once would be another fault: the machines lose their power one after the other.
  let turn: Promise<void> = Promise.resolve();
  const landing = blows.map(async ({ phase, blow }) => {
    const held = await blow.reached(NEXT_BLOW_MS);
    const mine = turn.then(async () => {
      if (held.isGone()) {
        tell(`${phase}: its worker went with the node of another blow`);
        return;
      }
      const { node } = await holderOf(box, held);
      tell(`${phase}: cutting the power of ${node} at ${blow.name}`);
      await box.run('node', 'stop', node);
      await held.gone;
      await box.run('node', 'start', node);
    });
    turn = mine;
    await mine;
  });
  await cluster.unlessFailed(Promise.all(landing));

  await endsAsUndisturbed(kind, undisturbed);
});
