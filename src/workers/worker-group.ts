import type { Worker } from '@temporalio/worker';

/** The workers of one process: half of them would look alive and leave the other half's work undone. */
export const areRunning = (workers: readonly Worker[]): boolean =>
  workers.length > 0 && workers.every((worker) => worker.getState() === 'RUNNING');

/** Runs them until the signal is aborted; when one ends, so do all. */
export async function runTogether(workers: readonly Worker[], stop: AbortSignal): Promise<void> {
  const shutDown = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const running = workers.map((worker) => worker.run().finally(shutDown));
  stop.addEventListener('abort', shutDown, { once: true });
  if (stop.aborted) shutDown();
  await Promise.all(running);
}
