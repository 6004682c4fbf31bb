import { setImmediate } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach, expect, test, vi } from 'vitest';
import { STABLE_HEAP_BYTES, heapBytes } from '../../../test/support/heap.ts';
import { Kube, type KubeRequest } from '../../kube/client.ts';
import { PooledKubeConfig } from '../../kube/config.ts';
import { JOBS, PODS } from '../../kube/resources.ts';
import { SYSTEMS } from '../../systems/registry.ts';
import { activity } from './activity-context.ts';
import { askDaemon } from './daemon-http.ts';
import { awaitAnswer, select } from './waiting.ts';

vi.setConfig({ testTimeout: 120_000 });
afterEach(() => void vi.useRealTimers());

const WARM_UP = 10_000;
const ROUNDS = 100_000;

test('a wait over views that never change leaves nothing behind in 100,000 rounds', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const grown = await growthOfWait(new QuietKube(), () => vi.advanceTimersToNextTimer());
  expect(grown).toBeLessThan(STABLE_HEAP_BYTES);
});

test('a view that changes 100,000 times leaves nothing behind on one that never does', async () => {
  const kube = new QuietKube();
  const grown = await growthOfWait(kube, () => kube.change('jobs'));
  expect(grown).toBeLessThan(STABLE_HEAP_BYTES);
});

/** How many bytes the heap grows by while a wait goes through its rounds; `next` brings about the next one. */
async function growthOfWait(kube: Kube, next: () => void): Promise<number> {
  const wait = new Wait(kube);
  const until = async (rounds: number): Promise<number> => {
    while (wait.rounds < rounds) {
      next();
      await setImmediate();
    }
    return heapBytes();
  };
  const before = await until(WARM_UP);
  const after = await until(WARM_UP + ROUNDS);
  wait.over = true;
  next();
  await wait.ended;
  return after - before;
}

/** A wait as an activity runs it, for something that happens when the test says so. */
class Wait {
  rounds = 0;
  over = false;
  readonly ended: Promise<unknown>;

  constructor(kube: Kube) {
    const env = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
    const watched = { jobs: select(JOBS, {}), pods: select(PODS, {}) };
    const wait = activity({ kube, ask: askDaemon, systems: SYSTEMS, identity: 'test' }, (work) =>
      awaitAnswer(work, watched, () => this.#look()),
    );
    this.ended = env.run(wait);
  }

  #look() {
    this.rounds++;
    const progress = { done: 0, total: 1, waitingFor: 'the test' };
    return Promise.resolve({ progress, answer: this.over ? true : undefined });
  }
}

/** An API server that has no objects. A resource changes only when the test says so. */
class QuietKube extends Kube {
  readonly #changes: Map<string, PromiseWithResolvers<void>>;

  constructor(signal?: AbortSignal, changes = new Map<string, PromiseWithResolvers<void>>()) {
    super(new PooledKubeConfig(), signal);
    this.#changes = changes;
  }

  override within(signal: AbortSignal): QuietKube {
    return new QuietKube(signal, this.#changes);
  }

  override json<T>(): Promise<T> {
    return Promise.resolve({ items: [], metadata: { resourceVersion: '1' } } as T);
  }

  override async *lines({ path }: KubeRequest): AsyncGenerator<string> {
    for (;;) {
      await this.#nextOf(path).promise;
      yield JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'a', resourceVersion: '2' } } });
    }
  }

  change(plural: string): void {
    for (const [path, change] of this.#changes) {
      if (!path.endsWith(plural)) continue;
      this.#changes.delete(path);
      change.resolve();
    }
  }

  #nextOf(path: string): PromiseWithResolvers<void> {
    const next = this.#changes.get(path) ?? Promise.withResolvers<void>();
    this.#changes.set(path, next);
    return next;
  }
}
