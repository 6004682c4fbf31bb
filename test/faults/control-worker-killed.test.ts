import { expect, test } from 'vitest';
import { killControlWorkers, killHolder } from '../support/faults.ts';
import { endsAsUndisturbed } from '../support/ending.ts';
import { jobNames } from '../support/evidence-objects.ts';
import type { Place } from '../support/failpoint-server.ts';
import { reference } from '../support/reference.ts';
import { stage } from '../support/stage.ts';

/** A step whose worker dies is tried again after ten seconds, when the heartbeats stay away; then pods start again. */
const NEXT_FAULT_MS = 120_000;

const beforeAndAfter = (activity: string): Place[] => [
  { activity, when: 'before' },
  { activity, when: 'after' },
];

/** Steps for one node each: both faults at the same time, on different nodes. */
const spread = (activity: string): Place[] => [
  { activity, when: 'before', node: 'node1' },
  { activity, when: 'after', node: 'node2' },
];

const PLACES: Readonly<Record<string, readonly Place[]>> = {
  preflight: [...beforeAndAfter('claimClusterId'), ...beforeAndAfter('curve.readTemplates')].map((p) => ({
    ...p,
    workflow: '/curve/cluster/',
  })),
  chunkfilepool: [...spread('curve.applyChunkFormatJobs'), ...spread('curve.awaitChunkFormatJobs')],
  etcd: [...beforeAndAfter('curve.applyEtcd'), ...beforeAndAfter('curve.awaitEtcd')],
  mds: [...beforeAndAfter('curve.applyMds'), ...beforeAndAfter('curve.awaitMds')],
  physicalPool: beforeAndAfter('curve.createPhysicalPool'),
  chunkservers: [...spread('curve.applyChunkservers'), ...spread('curve.awaitChunkservers')],
  logicalPool: [...beforeAndAfter('curve.createLogicalPool'), ...beforeAndAfter('curve.awaitCopysets')],
  snapshotclone: [
    ...beforeAndAfter('curve.applySnapshotclone'),
    ...beforeAndAfter('curve.awaitSnapshotclone'),
  ],
};

/** In this phase the nodes act; what dies with the control workers is the workflow that waits for them. */
const FORMAT: readonly Place[] = [
  { activity: 'formatDisks', when: 'before', node: 'node1' },
  { activity: 'formatDisks', when: 'after', node: 'node2' },
];

test('kill -9 of the control worker in every phase, before and after each effect', async () => {
  const undisturbed = await reference();
  await using kind = await stage();
  const { box, hold, cluster } = kind;

  const kills = Object.values(PLACES)
    .flat()
    .map((place) => hold.expect(place));
  const formatting = FORMAT.map((place) => hold.expect(place));
  await cluster.apply();
  const landing = [
    ...kills.map(async (fault) => killHolder(box, await fault.reached(NEXT_FAULT_MS))),
    ...formatting.map(async (fault) => {
      const held = await fault.reached(NEXT_FAULT_MS);
      await killControlWorkers(box);
      held.release();
    }),
  ];
  await cluster.unlessFailed(Promise.all(landing));

  await endsAsUndisturbed(kind, undisturbed);
  const names = await jobNames(box, cluster);
  expect(
    names.filter((name) => !name.endsWith('-1')),
    'a Job that runs is taken over, never started beside',
  ).toEqual([]);
});
