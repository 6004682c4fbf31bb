import { mapConcurrently } from '../../concurrency/map-concurrently.ts';
import { withProgress } from '../heartbeats.ts';
import type { Progress } from './contract.ts';

// Reads start short processes; see list-disks.ts.
export const READS_AT_ONCE = 4;

/** Does something with each disk, some at a time, and says in the heartbeat with which. */
export async function overDisks<D extends { readonly device: string }, R>(
  { disks }: { readonly disks: readonly D[] },
  doing: string,
  work: (disk: D) => Promise<R>,
): Promise<readonly R[]> {
  const open = new Set<string>();
  let done = 0;
  const progress = (): Progress => ({
    done,
    total: disks.length,
    waitingFor: `${doing} ${[...open].join(', ')}`,
  });
  return withProgress(progress, () =>
    mapConcurrently(disks, READS_AT_ONCE, async (disk) => {
      open.add(disk.device);
      const result = await work(disk);
      open.delete(disk.device);
      done += 1;
      return result;
    }),
  );
}
