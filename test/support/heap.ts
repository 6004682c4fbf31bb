import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * What 100,000 rounds of something may leave on the heap. A listener or an entry that stays takes some hundred bytes:
 * one a round would be tens of megabytes.
 */
export const STABLE_HEAP_BYTES = 4 * 1024 ** 2;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of the heap that are in use. */
export async function heapBytes(): Promise<number> {
  // Twice, with a turn between: finalizers of the first time let go of more.
  for (let i = 0; i < 2; i++) {
    await setImmediate();
    collectGarbage();
  }
  return process.memoryUsage().heapUsed;
}
