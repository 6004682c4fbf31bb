import { type Client, WorkflowFailedError } from '@temporalio/client';
import { rootCause } from '@temporalio/common';
import type { Logger } from 'pino';
import { Problem } from '../requests/problems.ts';
import { runHealthCheck } from '../requests/submit.ts';
import { READY_HOLDS_MS, refusal } from '../requests/view/cluster.ts';
import { type RememberedStatus, readStatus } from '../requests/view/status.ts';
import type { Kube } from '../kube/client.ts';
import type { CurveClusterObject } from '../kube/resources.ts';
import { labelValue } from '../systems/curve/names.ts';
import type { HealthCheckInput } from '../workflows/messages.ts';
import { followClusters, keyOf, refOf } from './clusters.ts';
import { Deliveries } from './deliveries.ts';
import { pause } from './leadership.ts';
import { HealthChecks } from './health-checks.ts';
import type { ControllerMetrics } from './metrics.ts';
import { KeyedQueue } from './queue.ts';
import { followNodes, followPods } from './related-objects.ts';
import { recordResourceEvent, writeUnseen } from './status.ts';
import {
  LOOK_AFTER_MS,
  LOOK_DEADLINE_MS,
  LOOK_DEBOUNCE_MS,
  LOOK_GAP_MS,
  RETRY,
  UNSEEN_EVERY_MS,
} from './intervals.ts';

export interface ControllerParts {
  readonly kube: Kube;
  readonly client: Client;
  readonly log: Logger;
  readonly metrics: ControllerMetrics;
  /** Who writes Events: the pod's name. */
  readonly identity: string;
}

/** Clusters delivered beside each other; each is a few calls. */
const AT_ONCE = 4;

/**
 * The work of the holder of the lease: hands every document to its workflow, and keeps Ready looked after. Ends with
 * the signal, or by an error that no repetition heals.
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
  readonly #clusters = new Map<string, CurveClusterObject>();
  readonly #looks: HealthChecks;
  readonly #deliveries: Deliveries;
  readonly #queue: KeyedQueue;
  /** By cluster: why the last look at it, or what has to come before the first, did not succeed. */
  readonly #troubles = new Map<string, string>();
  /** By cluster: when a look at it last succeeded. */
  readonly #seen = new Map<string, number>();

  constructor(parts: ControllerParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#looks = new HealthChecks({
      check: (input) => this.#look(input),
      onError: (cluster, err) => this.#lookFailed(cluster, err),
      timing: { afterMs: LOOK_AFTER_MS, debounceMs: LOOK_DEBOUNCE_MS, gapMs: LOOK_GAP_MS },
      signal,
    });
    this.#deliveries = new Deliveries({ ...parts, accepted: (input) => this.#looks.track(input) });
    this.#queue = new KeyedQueue((key) => this.#deliver(key), {
      atOnce: AT_ONCE,
      retry: RETRY,
      onError: (key, err, retryInMs) => this.#deliveryFailed(key, err, retryInMs),
    });
  }

  async run(): Promise<void> {
    const { kube } = this.#parts;
    const onTrouble = (err: unknown): void => {
      this.#parts.metrics.troubles.inc();
      this.#parts.log.warn({ err }, 'watch interrupted; it goes on by itself');
    };
    await Promise.race([
      followClusters(kube, this.#clusters, {
        changed: (now, before) => this.#changed(now, before),
        deleted: (last) => this.#deleted(last),
        onTrouble,
      }),
      followPods(kube, (namespace, label) => this.#podChanged(namespace, label), onTrouble),
      followNodes(
        kube,
        (node) => this.#looks.using(node).forEach((key) => this.#looks.trigger(key)),
        onTrouble,
      ),
      this.#sayUnseen(),
    ]);
  }

  stop(): void {
    this.#queue.stop();
    this.#parts.metrics.queue.set(0);
  }

  #changed(now: CurveClusterObject, before: CurveClusterObject | undefined): void {
    this.#queue.add(keyOf(now));
    this.#parts.metrics.queue.set(this.#queue.depth);
    // The end of an operation is when Ready is waited for most.
    if (before !== undefined && operationState(before) !== operationState(now))
      this.#looks.trigger(keyOf(now));
  }

  #deleted(last: CurveClusterObject): void {
    this.#looks.untrack(keyOf(last));
    this.#seen.delete(keyOf(last));
    this.#queue.add(keyOf(last));
    const note = {
      type: 'Normal',
      reason: 'NothingStopped',
      message:
        'the resource was deleted; its daemons go on and its data stays. Apply the manifest again, and everything is found as it is',
    } as const;
    const { kube, log, identity } = this.#parts;
    recordResourceEvent(kube, last, note, identity).catch((err: unknown) => {
      // A namespace that is going away takes no more events.
      if (!this.#signal.aborted)
        log.warn({ cluster: keyOf(last), err }, 'could not record the event of a deletion');
    });
  }

  #podChanged(namespace: string, label: string): void {
    for (const [key, resource] of this.#clusters) {
      const cluster = refOf(key);
      if (cluster.namespace !== namespace || labelValue(cluster.name) !== label) continue;
      if (!isFirstBuilt(readStatus(resource.status))) this.#looks.trigger(key);
    }
  }

  async #deliver(key: string): Promise<void> {
    const outcome = await this.#deliveries.deliver(refOf(key));
    if (outcome !== 'known') this.#troubles.delete(key);
    this.#parts.metrics.deliveries.inc({ outcome });
    if (outcome !== 'known') this.#parts.log.info({ cluster: key, outcome }, 'document looked at');
    this.#parts.metrics.queue.set(this.#queue.depth - 1);
  }

  #deliveryFailed(key: string, err: unknown, retryInMs: number): void {
    if (this.#signal.aborted) return;
    this.#troubles.set(key, `its manifest could not be handed over: ${messageOf(err)}`);
    this.#parts.metrics.deliveries.inc({ outcome: 'failed' });
    this.#parts.log.warn({ cluster: key, err, retryInMs }, 'document not handed over yet');
  }

  async #look(input: HealthCheckInput): Promise<void> {
    await runHealthCheck(this.#parts.client, input, LOOK_DEADLINE_MS);
    const key = `${input.cluster.namespace}/${input.cluster.name}`;
    this.#seen.set(key, Date.now());
    this.#troubles.delete(key);
    this.#parts.metrics.looks.inc({ outcome: 'done' });
  }

  #lookFailed(cluster: string, err: unknown): void {
    this.#troubles.set(cluster, `looking fails: ${messageOf(err)}`);
    this.#parts.metrics.looks.inc({ outcome: 'failed' });
    this.#parts.log.warn({ cluster, err }, 'look failed; the next one comes by itself');
  }

  /** Whatever keeps looks from succeeding, no Ready stands for longer than it holds. */
  async #sayUnseen(): Promise<void> {
    const { kube, log } = this.#parts;
    for (;;) {
      await pause(UNSEEN_EVERY_MS, this.#signal);
      if (this.#signal.aborted) return;
      const now = Date.now();
      const unseen = [...this.#clusters].filter(([key]) => now - (this.#seen.get(key) ?? 0) > READY_HOLDS_MS);
      for (const [key, resource] of unseen) {
        await writeUnseen(kube, resource, this.#whyUnseen(key, resource), new Date()).catch(
          (err: unknown) => {
            if (!this.#signal.aborted)
              log.warn({ cluster: key, err }, 'could not write that Ready is unknown');
          },
        );
      }
    }
  }

  #whyUnseen(key: string, resource: CurveClusterObject): string {
    const trouble = this.#troubles.get(key);
    if (trouble !== undefined) return trouble;
    const generation = resource.metadata?.generation ?? 0;
    return refusal(readStatus(resource.status), generation)
      ? `generation ${generation} is refused, and nobody looks until it is corrected`
      : 'no look has ended since';
  }
}

/** An error as a person reads it. */
function messageOf(err: unknown): string {
  if (err instanceof Problem) return `${err.facts.detail}; next: ${err.facts.next}`;
  const cause = err instanceof WorkflowFailedError ? rootCause(err.cause) : undefined;
  return cause ?? (err instanceof Error ? err.message : String(err));
}

const operationState = (resource: CurveClusterObject): string | undefined =>
  readStatus(resource.status).operation?.state;

/**
 * While a cluster is built for the first time its pods change all the time and Ready cannot be said anyway: the steady
 * rhythm is enough.
 */
function isFirstBuilt({ operation, conditions }: RememberedStatus): boolean {
  const ready = conditions.find((c) => c.type === 'Ready')?.status === 'True';
  return operation?.state === 'Running' && !ready;
}
