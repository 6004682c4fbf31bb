import { afterEach, expect, test, vi } from 'vitest';
import { STABLE_HEAP_BYTES, heapBytes } from '../../../test/support/heap.ts';
import type { ActivityContext } from './activity-context.ts';
import { PodDiagnosis } from './pod-diagnosis.ts';

afterEach(() => void vi.useRealTimers());

test('a wait that sees 100,000 pods come and go forgets them', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  // So patient that nothing is read about a pod: the API server is not asked.
  const diagnosis = new PodDiagnosis({} as ActivityContext, Number.POSITIVE_INFINITY);
  const see = async (pods: number): Promise<number> => {
    for (let i = 0; i < pods; i++) {
      vi.advanceTimersByTime(1_000);
      await diagnosis.reason({ metadata: { uid: `${performance.now()}` }, status: { phase: 'Pending' } });
    }
    return heapBytes();
  };
  const before = await see(1_000);
  const after = await see(100_000);
  expect(after - before).toBeLessThan(STABLE_HEAP_BYTES);
});
