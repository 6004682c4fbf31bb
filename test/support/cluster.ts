import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'yaml';
import type { AcceptedAnswer, ClusterDetail } from '../../src/requests/answers/clusters.ts';
import type { CurveClusterDocument } from '../../src/systems/curve/spec.ts';
import type { Plan } from '../../src/workflows/messages.ts';
import { eventually } from './eventually.ts';
import { type Sandbox, log } from './sandbox.ts';

/** A CurveCluster as a user handles it: one document, the HTTP API and kubectl. */

const EXAMPLE = new URL('../../examples/curve-cluster.yaml', import.meta.url);

/** A dozen chunks on each disk. */
const PERCENTAGE = 10;

/** On this machine a cluster without faults is Ready in about a minute; kill tests wait for timeouts besides. */
export const READY_WITHIN_MS = 300_000;

export class Cluster {
  readonly namespace: string;
  readonly name: string;
  readonly document: CurveClusterDocument;
  readonly #box: Sandbox;

  constructor(box: Sandbox, document: CurveClusterDocument) {
    this.#box = box;
    this.document = document;
    this.namespace = document.metadata.namespace ?? 'default';
    this.name = document.metadata.name;
  }

  /**
   * The cluster of examples/curve-cluster.yaml, with fewer chunks: all nodes write them to the one disk of this machine,
   * where etcd and Temporal lie as well, and a disk that is full of work makes faults of its own.
   */
  static async example(box: Sandbox): Promise<Cluster> {
    const document = parse(await readFile(EXAMPLE, 'utf8')) as CurveClusterDocument;
    const devices = (document.spec.storage.devices ?? []).map((d) => ({ ...d, percentage: PERCENTAGE }));
    return new Cluster(box, {
      ...document,
      spec: { ...document.spec, storage: { ...document.spec.storage, devices } },
    });
  }

  /** The same cluster, as a person wants it after a change of its document. */
  with(change: Partial<CurveClusterDocument['spec']>): Cluster {
    return new Cluster(this.#box, { ...this.document, spec: { ...this.document.spec, ...change } });
  }

  get path(): string {
    return `/v1/clusters/curve/${this.namespace}/${this.name}`;
  }

  /** What a user makes before: the namespace, and the Secret with the keys of the sandbox's S3 server. */
  async prepare(): Promise<void> {
    const { accessKey, secretKey } = this.#box.status.s3;
    const name = this.document.spec.snapShotClone?.s3Config?.secretRef?.name;
    const objects = [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.namespace } },
      ...(name === undefined
        ? []
        : [
            {
              apiVersion: 'v1',
              kind: 'Secret',
              metadata: { namespace: this.namespace, name },
              stringData: { ak: accessKey, sk: secretKey },
            },
          ]),
    ];
    await this.#box.kubectl(
      ['apply', '--filename', '-'],
      objects.map((o) => JSON.stringify(o)).join('\n---\n'),
    );
  }

  apply(): Promise<AcceptedAnswer> {
    return this.#call<AcceptedAnswer>('POST', '/v1/clusters', this.document);
  }

  plan(): Promise<Plan> {
    return this.#call<Plan>('POST', '/v1/clusters?dryRun=true', this.document);
  }

  retry(): Promise<AcceptedAnswer> {
    return this.#call<AcceptedAnswer>('POST', `${this.path}/retry`);
  }

  get(): Promise<ClusterDetail> {
    return this.#call<ClusterDetail>('GET', this.path);
  }

  /** The same manifest through the other door. */
  kubectlApply(): Promise<string> {
    return this.#box.kubectl(['apply', '--filename', '-'], JSON.stringify(this.document));
  }

  kubectlDelete(): Promise<string> {
    return this.#box.kubectl(['--namespace', this.namespace, 'delete', 'curvecluster', this.name]);
  }

  /** Ready of this generation, and its operation ended well. A failed operation ends the waiting at once. */
  async ready(withinMs = READY_WITHIN_MS): Promise<ClusterDetail> {
    const seen = await this.until(
      'Ready',
      ({ operation, ready, generation }) =>
        operation?.state === 'Failed' ||
        (operation?.state === 'Succeeded' &&
          operation.generation === generation &&
          ready.status === 'True' &&
          ready.observedGeneration === generation),
      withinMs,
    );
    if (seen.operation?.state === 'Failed') {
      throw new Error(`operation ${seen.operation.id} failed: ${seen.operation.message}`);
    }
    log(`${this.name} is Ready`);
    return seen;
  }

  /** Ends with the first view that satisfies. */
  until(what: string, satisfied: (view: ClusterDetail) => boolean, withinMs: number): Promise<ClusterDetail> {
    return eventually(`${this.name}: ${what}`, () => this.get(), satisfied, withinMs);
  }

  /** The operation that works on the newest document, when it has ended in one of these states. */
  ended(states: readonly string[], withinMs = READY_WITHIN_MS): Promise<ClusterDetail> {
    return this.until(
      states.join(' or '),
      ({ operation, generation }) => operation?.generation === generation && states.includes(operation.state),
      withinMs,
    );
  }

  /** Waits for `work` beside the operation, and no longer than until that has failed. */
  async unlessFailed<T>(work: Promise<T>): Promise<T> {
    let over = false;
    const failure = (async (): Promise<never> => {
      for (;;) {
        // An API that is away for a moment says nothing about the operation.
        const view = await this.get().catch(() => undefined);
        if (view?.operation?.state === 'Failed')
          throw new Error(`the operation failed: ${view.operation.message}`);
        if (over) return new Promise<never>(() => undefined);
        await delay(2_000);
      }
    })();
    try {
      return await Promise.race([work, failure]);
    } finally {
      over = true;
    }
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const { url, token } = this.#box.status.api;
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (!response.ok) throw new ApiError(method, path, response.status, text);
    return JSON.parse(text) as T;
  }
}

/** An answer that is a problem document. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: string;

  constructor(method: string, path: string, status: number, body: string) {
    super(`${method} ${path}: ${status} ${body}`);
    this.status = status;
    this.body = body;
  }
}
