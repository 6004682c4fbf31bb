import { setTimeout as pause } from 'node:timers/promises';
import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Host } from '../../../node/host.ts';
import { countGrowing } from '../../../node/curve/pools.ts';
import { wantedChunks } from '../../../systems/curve/pool.ts';
import { PROGRESS_MS } from '../../heartbeats.ts';
import type { NodePools, PoolProgress } from '../contract.ts';
import { goalOf } from '../../node/format-disks.ts';

/**
 * Reports how far curve_format is on each disk until it is cancelled. It counts names once a heartbeat: a watch would
 * report every one of hundreds of thousands of files, and nobody reads faster than that.
 */
export async function watchPools(host: Host, input: NodePools): Promise<void> {
  const signal = cancellationSignal();
  for (;;) {
    heartbeat(await look(host, input));
    await pause(PROGRESS_MS, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
}

async function look(host: Host, input: NodePools): Promise<PoolProgress> {
  const disks = await Promise.all(
    input.disks.map(async (disk) => {
      const { chunks, fsBytes } = await countGrowing(host, goalOf(input, disk));
      return { device: disk.device, done: chunks, total: wantedChunks(fsBytes, disk.percentage) };
    }),
  );
  const sum = (of: (disk: (typeof disks)[number]) => number): number =>
    disks.reduce((n, disk) => n + of(disk), 0);
  const behind = disks.filter((disk) => disk.done < disk.total || disk.total === 0);
  return {
    done: sum((disk) => disk.done),
    total: sum((disk) => disk.total),
    waitingFor: behind.map((disk) => `${disk.device} ${disk.done}/${disk.total} chunks`).join(', '),
    disks,
  };
}
