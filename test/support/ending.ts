import { expect } from 'vitest';
import { evidenceOf, type Evidence } from './evidence.ts';
import type { Stage } from './stage.ts';
import { log } from './sandbox.ts';

/**
 * How every kind of fault must end: all its faults landed, the cluster became Ready without a person, and what is there
 * is what an undisturbed run leaves, with every disk formatted once and no chunk lost or made twice.
 * @param begun how often mkfs was begun on a disk where a fault ended it half way
 */
export async function endsAsUndisturbed(
  { box, hold, cluster, invariants }: Stage,
  undisturbed: Evidence,
  begun: Readonly<Record<string, number>> = {},
): Promise<void> {
  await cluster.ready();
  hold.allReached();
  const evidence = await evidenceOf(box, cluster);
  isWhole(evidence);
  expect(evidence).toEqual(undisturbed);
  await invariants.verify(begun);
  log('the same as undisturbed');
}

/** What holds of every finished cluster, whatever it is compared with. */
export function isWhole({ mds, disks }: Evidence): void {
  const each = Object.entries(disks);
  expect(mds.pools).toHaveLength(1);
  expect(mds.logicalPools).toHaveLength(1);
  expect(mds.chunkservers, 'one chunkserver for each disk').toHaveLength(each.length);
  const addresses = mds.chunkservers.map((c) => c.split(' ')[0]);
  expect(new Set(addresses).size, 'each at an address of its own').toBe(each.length);
  for (const [key, disk] of each) {
    expect(disk.chunks, `chunks on ${key}`).toBe(disk.wantedChunks);
    expect(disk, key).toMatchObject({ strays: [], registeredAsMdsSays: true, fstabLines: 1, marked: true });
  }
}
