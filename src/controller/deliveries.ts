import type { Logger } from 'pino';
import { admit, checkAgainstDaemons } from '../requests/admission.ts';
import { Problem } from '../requests/problems.ts';
import { submit } from '../requests/submit.ts';
import type { Temporal } from '../requests/temporal.ts';
import type { Kube } from '../kube/client.ts';
import { KubeError } from '../kube/errors.ts';
import { find } from '../kube/objects.ts';
import { withNext } from '../systems/failure-text.ts';
import { type ResourceRef, resourceKey } from '../systems/operation.ts';
import type { SystemRegistry } from '../systems/system.ts';
import type { HealthCheckInput } from '../workflows/messages.ts';
import type { LiveResource } from './resources.ts';
import { type Verdict, isAccepted, recordResourceEvent, writeAccepted } from './status.ts';

export interface DeliveryParts {
  readonly kube: Kube;
  readonly temporal: Temporal;
  readonly systems: SystemRegistry;
  readonly log: Logger;
  /** Who writes Events: the pod's name. */
  readonly identity: string;
  /** From now on Ready of this cluster is to be looked after. */
  readonly accepted: (input: HealthCheckInput) => void;
}

export type Outcome = 'delivered' | 'refused' | 'known' | 'gone';

/**
 * Hands the manifest of a resource to the workflow of its cluster, exactly as HTTP does. What was handed over or
 * refused in this term is remembered, so that changes of status are no deliveries; a new holder of the lease sends
 * everything once more, which joins what runs.
 */
export class Deliveries {
  readonly #parts: DeliveryParts;
  /** Resource → `<uid>/<generation>` that was settled last. */
  readonly #settled = new Map<string, string>();

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Throws when it has to be tried again. */
  async deliver(ref: ResourceRef): Promise<Outcome> {
    const { kube, systems } = this.#parts;
    const key = resourceKey(ref);
    const known = systems.kindOf(ref);
    const object = await find(kube, known.kind.resource, ref);
    if (object === undefined) {
      this.#settled.delete(key);
      return 'gone';
    }
    const manifest = `${object.metadata?.uid}/${object.metadata?.generation}`;
    if (this.#settled.get(key) === manifest) return 'known';
    const outcome = await this.#handOver({ ref, known, object });
    this.#settled.set(key, manifest);
    return outcome;
  }

  async #handOver(live: LiveResource): Promise<Outcome> {
    const { kube, temporal, systems } = this.#parts;
    const { uid = '', generation = 0 } = live.object.metadata ?? {};
    try {
      const admitted = admit(systems, live.object);
      await checkAgainstDaemons(kube, admitted);
      const { kind, resource, spec } = admitted;
      const { operation } = await submit(temporal, kind, resource, { uid, generation, spec });
      await this.#warn(live, admitted.warnings);
      await this.#write(live, {
        accepted: true,
        reason: 'HandedOver',
        message: `operation ${operation}`,
      });
      this.#parts.accepted({ resource, uid, generation, spec });
      return 'delivered';
    } catch (err) {
      if (!(err instanceof Problem) || !FOR_PEOPLE.has(err.code)) throw err;
      await this.#refuse(live, err);
      return 'refused';
    }
  }

  /** Who applies with kubectl reads Events. Once for each generation, whoever holds the lease: until it is accepted. */
  async #warn(resource: LiveResource, warnings: readonly string[]): Promise<void> {
    if (isAccepted(resource.object)) return;
    for (const message of warnings) await this.#recordWarning(resource, 'ManifestWarning', message);
  }

  async #refuse(resource: LiveResource, problem: Problem): Promise<void> {
    const message = problemMessage(problem);
    await this.#write(resource, { accepted: false, reason: problem.code, message });
    await this.#recordWarning(resource, problem.code, message);
  }

  async #recordWarning(resource: LiveResource, reason: string, message: string): Promise<void> {
    const { kube, log, identity } = this.#parts;
    try {
      await recordResourceEvent(kube, resource, { type: 'Warning', reason, message }, identity);
    } catch (err) {
      // What people read decides nothing: an Event that Kubernetes will never take keeps no manifest from its verdict.
      if (!(err instanceof KubeError && err.permanent)) throw err;
      log.warn({ err, reason, told: message }, 'Kubernetes refused an Event');
    }
  }

  async #write(resource: LiveResource, verdict: Verdict): Promise<void> {
    await writeAccepted(this.#parts.kube, resource, verdict, new Date());
  }
}

/** What only a person can correct; everything else is tried again. */
const FOR_PEOPLE = new Set(['ManifestInvalid', 'ManifestImmutable', 'OperationRefused']);

/** All that speaks against the manifest, as one text. */
function problemMessage({ facts }: Problem): string {
  const violations = (facts.violations ?? []).map(({ path, message, next }) =>
    withNext({ message: `${path}: ${message}`, next }),
  );
  return violations.length > 0
    ? violations.join('\n')
    : withNext({ message: facts.detail, next: facts.next });
}
