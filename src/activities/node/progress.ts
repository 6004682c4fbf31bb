import { heartbeat } from '@temporalio/activity';

/**
 * How often an activity says how far it is. Liveness is judged within 25 s (design.md section 2) and people watch the
 * same words live, so each second; the worker throttles to no less.
 */
export const HEARTBEAT_MS = 1_000;

/** Sends what `now` answers at once and then every {@link HEARTBEAT_MS} while `work` runs. */
export async function withHeartbeat<R>(now: () => unknown, work: () => Promise<R>): Promise<R> {
  const beat = (): void => heartbeat(now());
  beat();
  const timer = setInterval(beat, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
