import type { Logger } from 'pino';
import { Problem } from '../requests/problems.ts';
import { handToHealthCheck, startHealthCheck } from '../requests/submit.ts';
import { refusal } from '../requests/view/cluster.ts';
import { readStatus } from '../requests/view/status.ts';
import type { Kube } from '../kube/client.ts';
import { KubeError } from '../kube/errors.ts';
import { type Temporal, nextStepOf } from '../requests/temporal.ts';
import { withNext } from '../systems/failure-text.ts';
import type { SystemRegistry } from '../systems/system.ts';
import { refFromKey, resourceKey } from '../systems/operation.ts';
import { type LiveResource, followResources } from './resources.ts';
import { Deliveries } from './deliveries.ts';
import { pause } from './leadership.ts';
import { HealthChecks } from './health-checks.ts';
import type { ControllerMetrics } from './metrics.ts';
import { KeyedQueue } from './queue.ts';
import { NodeWatches, temporalNodeWatches } from './node-watches.ts';
import { followNodes } from './nodes.ts';
import { isUnseen, recordResourceEvent, writeUnseen } from './status.ts';
import { CLUSTERS_AT_ONCE, NODE_WATCHES_EVERY_MS, RETRY, UNSEEN_EVERY_MS } from './intervals.ts';

export interface ControllerParts {
  readonly kube: Kube;
  readonly temporal: Temporal;
  readonly systems: SystemRegistry;
  readonly log: Logger;
  readonly metrics: ControllerMetrics;
  /** Who writes Events: the pod's name. */
  readonly identity: string;
}

/**
 * The work of the holder of the lease: hands every manifest to the workflows of its resource, keeps every node watched,
 * and lets no old Ready stand. Ends with the signal, or by an error that no repetition heals.
 */
export async function runController(parts: ControllerParts, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  const until = AbortSignal.any([signal, ended.signal]);
  const work = new Controller({ ...parts, kube: parts.kube.within(until) }, until);
  try {
    await work.run();
  } finally {
    ended.abort();
    work.stop();
  }
}

class Controller {
  readonly #parts: ControllerParts;
  readonly #signal: AbortSignal;
  readonly #resources = new Map<string, LiveResource>();
  readonly #healthChecks: HealthChecks;
  readonly #deliveries: Deliveries;
  readonly #queue: KeyedQueue;
  readonly #nodeWatches: NodeWatches;
  /** By resource: why its manifest, or its health check, could not be handed over. */
  readonly #troubles = new Map<string, string>();

  constructor(parts: ControllerParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#healthChecks = this.#createHealthChecks();
    this.#nodeWatches = this.#createNodeWatches();
    this.#deliveries = new Deliveries({ ...parts, accepted: (input) => this.#healthChecks.track(input) });
    this.#queue = new KeyedQueue((key) => this.#deliver(key), {
      atOnce: CLUSTERS_AT_ONCE,
      retry: RETRY,
      onError: (key, err, retryInMs) => this.#deliveryFailed(key, err, retryInMs),
    });
  }

  #createHealthChecks(): HealthChecks {
    const { temporal, systems, metrics, log } = this.#parts;
    return new HealthChecks({
      hand: (input) => handToHealthCheck(temporal, systems.kindOf(input.resource).kind, input),
      start: (input) => startHealthCheck(temporal, systems.kindOf(input.resource).kind, input),
      nodesOf: ({ resource, spec }) => systems.kindOf(resource).kind.nodesOf(spec),
      onDone: (key) => {
        this.#troubles.delete(key);
        metrics.healthChecks.inc({ outcome: 'done' });
      },
      onError: (resource, err, retryInMs) => {
        this.#troubles.set(resource, `the health check cannot be started: ${messageOf(err)}`);
        metrics.healthChecks.inc({ outcome: 'failed' });
        if (!this.#signal.aborted) log.warn({ resource, err, retryInMs }, 'health check not reached yet');
      },
    });
  }

  #createNodeWatches(): NodeWatches {
    const { temporal, metrics, log } = this.#parts;
    return new NodeWatches({
      calls: temporalNodeWatches(temporal),
      started: (node) => {
        metrics.nodeWatches.inc({ outcome: 'started' });
        this.#healthChecks.nodeWatchStarted(node);
      },
      onError: (node, err, retryInMs) => {
        metrics.nodeWatches.inc({ outcome: 'failed' });
        if (!this.#signal.aborted) log.warn({ node, err, retryInMs }, 'node watch not reached yet');
      },
    });
  }

  async run(): Promise<void> {
    const { kube } = this.#parts;
    const onTrouble = (err: unknown): void => {
      this.#parts.metrics.troubles.inc();
      this.#parts.log.warn({ err }, 'watch interrupted; it goes on by itself');
    };
    await Promise.race([
      ...this.#parts.systems.kinds.map((known) =>
        followResources(kube, known, {
          changed: (now, before) => this.#changed(now, before),
          deleted: (last) => this.#deleted(last),
          onTrouble,
        }),
      ),
      followNodes(kube, {
        came: (node) => this.#nodeWatches.came(node),
        left: (node) => this.#nodeWatches.left(node),
        onTrouble,
      }),
      this.#seeToNodeWatches(),
      this.#sayUnseen(),
    ]);
  }

  stop(): void {
    this.#queue.stop();
    this.#healthChecks.stop();
    this.#nodeWatches.stop();
    this.#parts.metrics.queue.set(0);
    this.#parts.metrics.unobserved.set(0);
  }

  #changed(now: LiveResource, before: LiveResource | undefined): void {
    const key = resourceKey(now.ref);
    this.#resources.set(key, now);
    // Status is written every few seconds; only another manifest is to be handed over.
    const { uid, generation } = now.object.metadata ?? {};
    if (uid === before?.object.metadata?.uid && generation === before?.object.metadata?.generation) return;
    this.#queue.add(key);
    this.#parts.metrics.queue.set(this.#queue.depth);
  }

  #deleted(last: LiveResource): void {
    const key = resourceKey(last.ref);
    this.#resources.delete(key);
    this.#healthChecks.untrack(key);
    this.#troubles.delete(key);
    this.#queue.add(key);
    const note = {
      type: 'Normal',
      reason: 'NothingStopped',
      message:
        'the resource was deleted; its daemons go on and its data stays. Apply the manifest again, and everything is found as it is',
    } as const;
    const { kube, log, identity } = this.#parts;
    recordResourceEvent(kube, last, note, identity).catch((err: unknown) => {
      // A namespace that is going away takes no more events.
      if (!this.#signal.aborted) log.warn({ resource: key, err }, 'could not record the event of a deletion');
    });
  }

  async #deliver(key: string): Promise<void> {
    const outcome = await this.#deliveries.deliver(refFromKey(key));
    if (outcome !== 'known') this.#troubles.delete(key);
    this.#parts.metrics.deliveries.inc({ outcome });
    if (outcome !== 'known') this.#parts.log.info({ resource: key, outcome }, 'manifest read');
    this.#parts.metrics.queue.set(this.#queue.depth - 1);
  }

  #deliveryFailed(key: string, err: unknown, retryInMs: number): void {
    if (this.#signal.aborted) return;
    this.#troubles.set(key, `its manifest could not be handed over: ${messageOf(err)}`);
    this.#parts.metrics.deliveries.inc({ outcome: 'failed' });
    this.#parts.log.warn({ resource: key, err, retryInMs }, 'manifest not handed over yet');
  }

  async #seeToNodeWatches(): Promise<void> {
    for (;;) {
      await pause(NODE_WATCHES_EVERY_MS, this.#signal);
      if (this.#signal.aborted) return;
      this.#nodeWatches.seeToAll();
    }
  }

  /** Whatever keeps a health check from its work, no Ready stands for longer than it holds. */
  async #sayUnseen(): Promise<void> {
    const { kube, log, metrics } = this.#parts;
    for (;;) {
      await pause(UNSEEN_EVERY_MS, this.#signal);
      if (this.#signal.aborted) return;
      const now = new Date();
      const unseen = [...this.#resources].filter(([, resource]) => isUnseen(resource, now));
      metrics.unobserved.set(unseen.length);
      for (const [key, resource] of unseen) {
        this.#healthChecks.unobserved(key);
        await writeUnseen(kube, resource, this.#whyUnseen(key, resource), now).catch((err: unknown) => {
          if (!this.#signal.aborted)
            log.warn({ resource: key, err }, 'could not write that Ready is unknown');
        });
      }
    }
  }

  #whyUnseen(key: string, { object }: LiveResource): string {
    const trouble = this.#troubles.get(key);
    if (trouble !== undefined) return trouble;
    const generation = object.metadata?.generation ?? 0;
    return !this.#healthChecks.tracks(key) && refusal(readStatus(object.status), generation)
      ? `generation ${generation} is refused, and no health check is started until it is corrected`
      : 'its health check has told nothing since';
  }
}

/** An error as a person reads it. */
function messageOf(err: unknown): string {
  if (err instanceof Problem) return withNext({ message: err.message, next: err.facts.next });
  if (err instanceof KubeError) return withNext(err);
  return withNext({ message: err instanceof Error ? err.message : String(err), next: nextStepOf(err) });
}
