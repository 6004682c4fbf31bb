import { WorkflowFailedError } from '@temporalio/client';
import { rootCause } from '@temporalio/common';
import type { Logger } from 'pino';
import { Problem } from '../requests/problems.ts';
import { runHealthCheck } from '../requests/submit.ts';
import { READY_HOLDS_MS, refusal } from '../requests/view/cluster.ts';
import { type RememberedStatus, readStatus } from '../requests/view/status.ts';
import type { Kube } from '../kube/client.ts';
import { KubeError } from '../kube/errors.ts';
import { type Temporal, nextStepOf } from '../requests/temporal.ts';
import { withNext } from '../systems/failure-text.ts';
import { labelValue } from '../systems/names.ts';
import type { HealthCheckInput } from '../workflows/messages.ts';
import type { SystemRegistry } from '../systems/system.ts';
import { refFromKey, resourceKey } from '../systems/operation.ts';
import { type LiveResource, followResources } from './resources.ts';
import { Deliveries } from './deliveries.ts';
import { pause } from './leadership.ts';
import { HealthChecks } from './health-checks.ts';
import type { ControllerMetrics } from './metrics.ts';
import { KeyedQueue } from './queue.ts';
import { type PodOwner, followNodes, followPods } from './related-objects.ts';
import { recordResourceEvent, writeUnseen } from './status.ts';
import {
  CHECK_AFTER_MS,
  CHECK_DEADLINE_MS,
  CHECK_DEBOUNCE_MS,
  CHECK_GAP_MS,
  RETRY,
  UNSEEN_EVERY_MS,
} from './intervals.ts';

export interface ControllerParts {
  readonly kube: Kube;
  readonly temporal: Temporal;
  readonly systems: SystemRegistry;
  readonly log: Logger;
  readonly metrics: ControllerMetrics;
  /** Who writes Events: the pod's name. */
  readonly identity: string;
}

/** Clusters delivered beside each other; each is a few calls. */
const AT_ONCE = 4;

/**
 * The work of the holder of the lease: hands every manifest to its workflow, and keeps Ready looked after. Ends with
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
  readonly #resources = new Map<string, LiveResource>();
  readonly #healthChecks: HealthChecks;
  readonly #deliveries: Deliveries;
  readonly #queue: KeyedQueue;
  /** By resource: why its last health check, or what has to come before the first, did not succeed. */
  readonly #troubles = new Map<string, string>();
  /** By resource: when its health check last succeeded. */
  readonly #seen = new Map<string, number>();

  constructor(parts: ControllerParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#healthChecks = new HealthChecks({
      check: (input) => this.#check(input),
      nodesOf: ({ resource, spec }) => parts.systems.kindOf(resource).kind.nodesOf(spec),
      onError: (resource, err) => this.#checkFailed(resource, err),
      timing: { afterMs: CHECK_AFTER_MS, debounceMs: CHECK_DEBOUNCE_MS, gapMs: CHECK_GAP_MS },
      signal,
    });
    this.#deliveries = new Deliveries({ ...parts, accepted: (input) => this.#healthChecks.track(input) });
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
      ...this.#parts.systems.kinds.map((known) =>
        followResources(kube, known, {
          changed: (now, before) => this.#changed(now, before),
          deleted: (last) => this.#deleted(last),
          onTrouble,
        }),
      ),
      followPods(kube, (pod) => this.#podChanged(pod), onTrouble),
      followNodes(
        kube,
        (node) => this.#healthChecks.using(node).forEach((key) => this.#healthChecks.trigger(key)),
        onTrouble,
      ),
      this.#sayUnseen(),
    ]);
  }

  stop(): void {
    this.#queue.stop();
    this.#parts.metrics.queue.set(0);
  }

  #changed(now: LiveResource, before: LiveResource | undefined): void {
    const key = resourceKey(now.ref);
    this.#resources.set(key, now);
    this.#queue.add(key);
    this.#parts.metrics.queue.set(this.#queue.depth);
    // The end of an operation is when Ready is waited for most.
    if (before !== undefined && operationState(before) !== operationState(now))
      this.#healthChecks.trigger(key);
  }

  #deleted(last: LiveResource): void {
    const key = resourceKey(last.ref);
    this.#resources.delete(key);
    this.#healthChecks.untrack(key);
    this.#seen.delete(key);
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

  #podChanged(pod: PodOwner): void {
    for (const [key, { ref, object }] of this.#resources) {
      if (ref.namespace !== pod.namespace || ref.system !== pod.system) continue;
      if (labelValue(ref.name) !== pod.cluster) continue;
      if (!isFirstBuilt(readStatus(object.status))) this.#healthChecks.trigger(key);
    }
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

  async #check(input: HealthCheckInput): Promise<void> {
    const { temporal, systems } = this.#parts;
    const { kind } = systems.kindOf(input.resource);
    await runHealthCheck(temporal, kind, input, CHECK_DEADLINE_MS);
    const key = resourceKey(input.resource);
    this.#seen.set(key, Date.now());
    this.#troubles.delete(key);
    this.#parts.metrics.healthChecks.inc({ outcome: 'done' });
  }

  #checkFailed(resource: string, err: unknown): void {
    this.#troubles.set(resource, `the health check fails: ${messageOf(err)}`);
    this.#parts.metrics.healthChecks.inc({ outcome: 'failed' });
    this.#parts.log.warn({ resource, err }, 'health check failed; the next one comes by itself');
  }

  /** Whatever keeps health checks from succeeding, no Ready stands for longer than it holds. */
  async #sayUnseen(): Promise<void> {
    const { kube, log } = this.#parts;
    for (;;) {
      await pause(UNSEEN_EVERY_MS, this.#signal);
      if (this.#signal.aborted) return;
      const now = Date.now();
      const unseen = [...this.#resources].filter(
        ([key]) => now - (this.#seen.get(key) ?? 0) > READY_HOLDS_MS,
      );
      for (const [key, resource] of unseen) {
        await writeUnseen(kube, resource, this.#whyUnseen(key, resource), new Date()).catch(
          (err: unknown) => {
            if (!this.#signal.aborted)
              log.warn({ resource: key, err }, 'could not write that Ready is unknown');
          },
        );
      }
    }
  }

  #whyUnseen(key: string, { object }: LiveResource): string {
    const trouble = this.#troubles.get(key);
    if (trouble !== undefined) return trouble;
    const generation = object.metadata?.generation ?? 0;
    return refusal(readStatus(object.status), generation)
      ? `generation ${generation} is refused, and nothing is checked until it is corrected`
      : 'no health check has ended since';
  }
}

/** An error as a person reads it. */
function messageOf(err: unknown): string {
  if (err instanceof Problem) return withNext({ message: err.message, next: err.facts.next });
  if (err instanceof KubeError) return withNext(err);
  const cause = err instanceof WorkflowFailedError ? rootCause(err.cause) : undefined;
  return withNext({
    message: cause ?? (err instanceof Error ? err.message : String(err)),
    next: nextStepOf(err),
  });
}

const operationState = ({ object }: LiveResource): string | undefined =>
  readStatus(object.status).operation?.state;

/**
 * While a cluster is built for the first time its pods change all the time and Ready cannot be said anyway: the steady
 * rhythm is enough.
 */
function isFirstBuilt({ operation, conditions }: RememberedStatus): boolean {
  const ready = conditions.find((c) => c.type === 'Ready')?.status === 'True';
  return operation?.state === 'Running' && !ready;
}
