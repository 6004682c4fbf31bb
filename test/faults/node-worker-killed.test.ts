import { test } from 'vitest';
import { killHolder } from '../support/faults.ts';
import { CurveFault } from '../support/curve-faults.ts';
import { endsAsUndisturbed } from '../support/ending.ts';
import type { Place } from '../support/failpoint-server.ts';
import { reference } from '../support/reference.ts';
import { stage } from '../support/stage.ts';

/** A look on a node is tried again after ten seconds, when the heartbeats stay away; then the pod starts again. */
const NEXT_FAULT_MS = 120_000;

const DISKS = ['/dev/vdc', '/dev/vdd', '/dev/vde'] as const;

/** Every phase of the nodes' own work, before and after the effect; spread, so that the time limits pass beside each other. */
const PLACES: readonly Place[] = [
  { activity: 'inspectNode', when: 'before', node: 'node1' },
  { activity: 'inspectNode', when: 'after', node: 'node2' },
  { activity: 'claimHostDataDir', when: 'before', node: 'node3' },
  { activity: 'claimHostDataDir', when: 'after', node: 'node3' },
  { activity: 'formatDisks', when: 'before', node: 'node1' },
  { activity: 'formatDisks', when: 'after', node: 'node2' },
  { activity: 'curve.inspectPools', when: 'before', node: 'node1' },
  { activity: 'curve.inspectPools', when: 'after', node: 'node2' },
  { activity: 'curve.watchPools', when: 'before', node: 'node3' },
  { activity: 'curve.emptyPools', when: 'after', node: 'node3' },
];

test('kill -9 of the node worker in every phase of its work, in mkfs, and between mkfs and marker', async () => {
  const undisturbed = await reference();
  await using kind = await stage({ mkfs: true });
  const { box, hold, cluster } = kind;
  const [disk] = cluster.document.spec.storage.devices ?? [];

  // A curve_format that is killed on node3 leaves a pool to be emptied.
  const crash = new CurveFault(box, 'node3', disk?.mountPath ?? '', 'curve_format.crash-after-chunks');
  hold.passing({ activity: 'formatDisks', when: 'after', node: 'node3' }, () => crash.on('5'));
  const emptying = hold.expect({ activity: 'curve.emptyPools', when: 'before', node: 'node3' });
  const faults = PLACES.map((place) => hold.expect(place));
  const inMkfs = DISKS.map((_, i) =>
    hold.expect({ activity: 'mkfs.ext4', when: 'before', node: 'node1', nth: i + 1 }),
  );
  const afterMkfs = DISKS.map((_, i) =>
    hold.expect({ activity: 'mkfs.ext4', when: 'after', node: 'node2', nth: i + 1 }),
  );
  await cluster.apply();

  const landing = [
    ...faults.map(async (fault) => killHolder(box, await fault.reached(NEXT_FAULT_MS))),
    ...[inMkfs, afterMkfs].map(async (disks) => {
      const held = await Promise.all(disks.map((fault) => fault.reached(NEXT_FAULT_MS)));
      for (const arrival of held) await killHolder(box, arrival);
    }),
    (async () => {
      const held = await emptying.reached(NEXT_FAULT_MS);
      await crash.off();
      await killHolder(box, held);
    })(),
  ];
  await cluster.unlessFailed(Promise.all(landing));

  await endsAsUndisturbed(kind, undisturbed, Object.fromEntries(DISKS.map((d) => [`node1:${d}`, 2])));
});
