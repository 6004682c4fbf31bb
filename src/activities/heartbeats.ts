import { heartbeat } from '@temporalio/activity';

/** People watch progress live; what changed is told each second (the workers pass it on as often). */
export const PROGRESS_MS = 1_000;

/**
 * How often a step that has nothing new to tell says that its worker lives: twice within the ten seconds after which
 * src/workflows/activity-options.ts takes the worker for dead, and seldom enough for a thousand nodes that work at the same time.
 */
export const PULSE_MS = 4_000;

/** Tells what `now` answers: at once, then each second if it changed, and as a pulse. */
export async function withProgress<R>(now: () => unknown, work: () => Promise<R>): Promise<R> {
  let told = '';
  let toldAt = 0;
  const tell = (): void => {
    const progress = now();
    const text = JSON.stringify(progress);
    if (text === told && Date.now() - toldAt < PULSE_MS) return;
    [told, toldAt] = [text, Date.now()];
    heartbeat(progress);
  };
  tell();
  return every(PROGRESS_MS, tell, work);
}

/** For what takes seconds and has no progress to tell. */
export const withPulse = <R>(work: () => Promise<R>): Promise<R> => every(PULSE_MS, () => heartbeat(), work);

async function every<R>(ms: number, tick: () => void, work: () => Promise<R>): Promise<R> {
  const timer = setInterval(tick, ms);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
