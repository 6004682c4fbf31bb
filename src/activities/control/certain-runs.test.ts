import { expect, test } from 'vitest';
import { Kube, type KubeRequest } from '../../kube/client.ts';
import { PooledKubeConfig } from '../../kube/config.ts';
import { KubeError, REASON } from '../../kube/errors.ts';
import { ANNOTATION } from '../../systems/names.ts';
import type { ActivityContext } from './activity-context.ts';
import { certainRuns } from './certain-runs.ts';
import type { Job } from './job-runs.ts';

const ENDED: Job = {
  metadata: { uid: 'job-1', annotations: { [ANNOTATION.node]: 'node1' } },
  status: { conditions: [{ type: 'Complete', status: 'True' }] },
};

const podOf = (exitCode: number) => ({
  metadata: { ownerReferences: [{ uid: 'job-1' }] },
  status: {
    phase: 'Succeeded',
    containerStatuses: [{ name: 'tool', state: { terminated: { exitCode } } }],
  },
});

const nodeIs = (ready: 'True' | 'Unknown') => ({
  metadata: { name: 'node1' },
  status: { conditions: [{ type: 'Ready', status: ready }] },
});

/** An API server that has these pods and this node now, whatever a watch has told. */
class KubeNow extends Kube {
  readonly asked: string[] = [];
  readonly #pods: readonly object[];
  readonly #node: object | undefined;

  constructor(pods: readonly object[], node?: object) {
    super(new PooledKubeConfig());
    this.#pods = pods;
    this.#node = node;
  }

  override json<T>({ path }: KubeRequest): Promise<T> {
    this.asked.push(path);
    if (path.endsWith('/pods'))
      return Promise.resolve({ items: this.#pods, metadata: { resourceVersion: '1' } } as T);
    if (this.#node) return Promise.resolve(this.#node as T);
    return Promise.reject(
      new KubeError({ subject: path, status: 404, reason: REASON.notFound, message: 'no such node' }),
    );
  }
}

const certain = (kube: KubeNow, pods: readonly object[] = []) =>
  certainRuns({ kube } as unknown as ActivityContext, {}, { jobs: [ENDED], pods });

test('a Job whose pod was seen to its end is judged without a question', async () => {
  const kube = new KubeNow([]);
  expect(await certain(kube, [podOf(0)])).toMatchObject([{ state: 'succeeded' }]);
  expect(kube.asked).toEqual([]);
});

test('a watch on pods that is behind costs no exit code', async () => {
  const kube = new KubeNow([podOf(0)]);
  expect(await certain(kube)).toMatchObject([{ state: 'succeeded', pod: podOf(0) }]);
  expect(kube.asked).toHaveLength(1);
});

test('a tool whose pod is gone from Kubernetes may still run on a node that does not answer', async () => {
  expect(await certain(new KubeNow([], nodeIs('Unknown')))).toMatchObject([{ state: 'running' }]);
  expect(await certain(new KubeNow([], nodeIs('True')))).toMatchObject([{ state: 'succeeded' }]);
  expect(await certain(new KubeNow([]))).toMatchObject([{ state: 'succeeded' }]);
});
