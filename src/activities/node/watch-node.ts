import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { cancellationSignal } from '@temporalio/activity';
import { readBootId } from '../../node/devices/block-device.ts';
import { type ChangeMarks, readChangeMarks } from '../../node/devices/change-marks.ts';
import { listDisks } from '../../node/devices/list-disks.ts';
import type { Host } from '../../node/host.ts';
import { readOwnMounts } from '../../node/mounts/own-mounts.ts';
import type { NodeReport } from './contract.ts';

/** A few dozen small reads of /sys and /proc: a new disk is known within seconds, and a quiet node costs nothing else. */
const READ_MARKS_EVERY_MS = 2_000;

/**
 * A look starts processes and opens disks. One that is written to all the time, or that fails each look, is looked at
 * this often at most.
 */
const LOOK_AGAIN_AFTER_MS = 15_000;

interface Observation {
  /** Read before the look, so that a change during it is seen by the next one. */
  readonly marks: ChangeMarks | undefined;
  readonly at: number;
}

/**
 * Looks at the node's disks and mounts when something about them may have changed, and answers as soon as what is found
 * is not what is `known`. The first look comes at once: a change while no worker ran is not missed.
 */
export async function watchNode(
  { host, version }: { readonly host: Host; readonly version: string },
  { known }: { readonly known?: string },
): Promise<NodeReport> {
  const signal = cancellationSignal();
  let last: Observation | undefined;
  for (;;) {
    const marks = await marksNow(host);
    signal.throwIfAborted();
    if (isDue(last, marks, performance.now())) {
      last = { marks, at: performance.now() };
      const report = await look(host, version);
      signal.throwIfAborted();
      if (report.fingerprint !== known) return report;
    }
    await pause(READ_MARKS_EVERY_MS, undefined, { signal });
  }
}

/** Undefined where they cannot be read: the look says why. */
async function marksNow(host: Host): Promise<ChangeMarks | undefined> {
  try {
    return await readChangeMarks(host);
  } catch {
    return undefined;
  }
}

export function isDue(last: Observation | undefined, marks: ChangeMarks | undefined, now: number): boolean {
  if (last === undefined) return true;
  const rested = now - last.at >= LOOK_AGAIN_AFTER_MS;
  if (marks === undefined || last.marks === undefined) return rested;
  if (marks.shape !== last.marks.shape) return true;
  return marks.written !== last.marks.written && rested;
}

async function look(host: Host, version: string): Promise<NodeReport> {
  const found = { version, ...(await findings(host)) };
  const fingerprint = createHash('sha256').update(JSON.stringify(found)).digest('base64url');
  return { ...found, fingerprint };
}

/** A node that answers, but cannot tell its disks, says why: that is no silence, and hides nothing else. */
async function findings(host: Host): Promise<Omit<NodeReport, 'fingerprint' | 'version'>> {
  const [boot, disks, mounts] = await Promise.allSettled([
    readBootId(host),
    listDisks(host),
    readOwnMounts(host),
  ]);
  const troubles = [boot, disks, mounts].flatMap((part) =>
    part.status === 'rejected' ? [messageOf(part.reason)] : [],
  );
  return {
    ...(boot.status === 'fulfilled' && { bootId: boot.value }),
    ...(disks.status === 'fulfilled' && { disks: disks.value }),
    ...(mounts.status === 'fulfilled' && { mounts: mounts.value }),
    ...(troubles.length > 0 && { trouble: [...new Set(troubles)].join('; ') }),
  };
}

const messageOf = (reason: unknown): string => (reason instanceof Error ? reason.message : String(reason));
