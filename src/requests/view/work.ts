import type { StorageSystem } from '../../systems/system.ts';
import type { PhaseView } from '../../systems/phases.ts';
import type { WorkAnswer } from '../answers/clusters.ts';
import { meaningOf } from './activities.ts';

/** An activity that an execution waits for, as Temporal describes it. */
export interface PendingActivity {
  readonly activity: string;
  /** Absent for work that does not run on a node. */
  readonly node?: string;
  /** False: no worker has picked it up. */
  readonly started: boolean;
  readonly attempt: number;
  readonly since?: string;
  /** The last heartbeat detail, whatever it is. */
  readonly heartbeat?: unknown;
  /** How the attempt before this one ended. */
  readonly lastError?: string;
  /** What a person does about it. */
  readonly next?: string;
}

/** A thousand nodes at work are not a list that somebody reads. */
const SHOWN = 20;

/** What goes on now, by phase. Reads for a phase that does not run (any more) belong to nobody and are left out. */
export function workByPhase(
  system: StorageSystem | undefined,
  pending: readonly PendingActivity[],
  phases: readonly PhaseView[],
): ReadonlyMap<string, readonly WorkAnswer[]> {
  const running = new Set(phases.filter((p) => p.state === 'Running').map((p) => p.name));
  const byPhase = new Map<string, WorkAnswer[]>();
  for (const activity of pending) {
    const meaning = meaningOf(system, activity.activity);
    const phase = meaning?.phases.find((p) => running.has(p));
    if (meaning === undefined || phase === undefined) continue;
    const work = byPhase.get(phase) ?? [];
    byPhase.set(phase, work);
    work.push(workOf(activity, meaning.what));
  }
  return byPhase;
}

function workOf(activity: PendingActivity, what: string): WorkAnswer {
  const { node, started, attempt, since, lastError, next } = activity;
  return {
    what,
    state: started ? 'running' : attempt > 1 ? 'retrying' : 'waiting',
    attempt,
    ...(node === undefined ? {} : { node }),
    ...(since === undefined ? {} : { since }),
    ...(lastError === undefined ? {} : { lastError }),
    ...(next === undefined ? {} : { next }),
    ...progressOf(activity.heartbeat),
  };
}

/** Heartbeats of workers of another version may look different: what is not understood is not shown. */
function progressOf(detail: unknown): Pick<WorkAnswer, 'done' | 'total' | 'waitingFor' | 'disks'> {
  if (!isRecord(detail)) return {};
  const { done, total, waitingFor, disks } = detail;
  return {
    ...(typeof done === 'number' && typeof total === 'number' ? { done, total } : {}),
    ...(typeof waitingFor === 'string' && waitingFor !== '' ? { waitingFor } : {}),
    ...(Array.isArray(disks) ? { disks: disks.filter(isDiskProgress) } : {}),
  };
}

type DiskProgress = NonNullable<WorkAnswer['disks']>[number];

const isDiskProgress = (value: unknown): value is DiskProgress =>
  isRecord(value) &&
  typeof value['device'] === 'string' &&
  typeof value['done'] === 'number' &&
  typeof value['total'] === 'number';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** What is most worth reading first: errors, then what waits for a worker, then what is least far. */
export function worthReading(work: readonly WorkAnswer[]): readonly WorkAnswer[] {
  return [...work].sort((a, b) => urgency(a) - urgency(b) || farness(a) - farness(b)).slice(0, SHOWN);
}

function urgency(w: WorkAnswer): number {
  if (w.lastError !== undefined) return 0;
  return w.state === 'running' ? 2 : 1;
}

const farness = (w: WorkAnswer): number => (w.total ? (w.done ?? 0) / w.total : 0);

/**
 * Work that counts what it does. Where the node itself counts on its disks, the job that is waited for beside it says
 * the same in bigger steps, and is not counted again.
 */
export function counted(work: readonly WorkAnswer[]): readonly WorkAnswer[] {
  const counting = work.filter((w) => w.total !== undefined && w.total > 0);
  const fine = counting.filter((w) => w.disks !== undefined);
  return fine.length > 0 ? fine : counting;
}
