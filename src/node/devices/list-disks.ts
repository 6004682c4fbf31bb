import type { Disk } from '../../disks/facts.ts';
import { findingsOf } from '../../disks/findings.ts';
import { listBlockDevices, stableNames } from './device-list.ts';
import type { Host } from '../host.ts';
import { observeDisk, withFindings } from './observe-disk.ts';
import { mapConcurrently } from '../../concurrency/map-concurrently.ts';
import { writersByDevice } from '../processes.ts';

/** A list for people is about no use, and no size is too small for every one. */
const ANY_SIZE = 0;

// Each look starts a handful of short processes; more at once only make each of them slower.
const AT_ONCE = 4;

/** Every disk of the node with the reasons why it cannot be used. Waits for nobody. */
export async function listDisks(host: Host): Promise<readonly Disk[]> {
  const [names, writers] = await Promise.all([stableNames(host), writersByDevice(host)]);
  return mapConcurrently(await listBlockDevices(host), AT_ONCE, async ({ device }) => {
    const observed = await observeDisk(host, device, {
      lock: 'try',
      name: names.get(device) ?? device,
      writers,
    });
    return withFindings(observed, findingsOf(observed.observation, ANY_SIZE));
  });
}
