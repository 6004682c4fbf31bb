import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { type AdmittedManifest, checkAgainstDaemons, admit } from '../requests/admission.ts';
import { Problem } from '../requests/problems.ts';
import { submit } from '../requests/submit.ts';
import type { Kube } from '../kube/client.ts';
import { KubeError } from '../kube/errors.ts';
import { find } from '../kube/objects.ts';
import { CURVE_CLUSTERS, type CurveClusterObject } from '../kube/resources.ts';
import type { ClusterRef, HealthCheckInput } from '../workflows/messages.ts';
import { type Verdict, isAccepted, recordResourceEvent, writeAccepted } from './status.ts';

export interface DeliveryParts {
  readonly kube: Kube;
  readonly client: Client;
  readonly log: Logger;
  /** Who writes Events: the pod's name. */
  readonly identity: string;
  /** From now on Ready of this cluster is to be looked after. */
  readonly accepted: (look: HealthCheckInput) => void;
}

export type Outcome = 'delivered' | 'refused' | 'known' | 'gone';

/**
 * Hands the document of a resource to the workflow of its cluster, exactly as HTTP does. What was handed over or
 * refused in this term is remembered, so that changes of status are no deliveries; a new holder of the lease sends
 * everything once more, which joins what runs.
 */
export class Deliveries {
  readonly #parts: DeliveryParts;
  /** Cluster → `<uid>/<generation>` that was settled last. */
  readonly #settled = new Map<string, string>();

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Throws when it has to be tried again. */
  async deliver(cluster: ClusterRef): Promise<Outcome> {
    const key = `${cluster.namespace}/${cluster.name}`;
    const resource = await find(this.#parts.kube, CURVE_CLUSTERS, cluster);
    if (resource === undefined) {
      this.#settled.delete(key);
      return 'gone';
    }
    const document = `${resource.metadata?.uid}/${resource.metadata?.generation}`;
    if (this.#settled.get(key) === document) return 'known';
    const outcome = await this.#handOver(resource);
    this.#settled.set(key, document);
    return outcome;
  }

  async #handOver(resource: CurveClusterObject): Promise<Outcome> {
    const { kube, client } = this.#parts;
    const uid = resource.metadata?.uid ?? '';
    const generation = resource.metadata?.generation ?? 0;
    try {
      const checked: AdmittedManifest = admit(resource);
      await checkAgainstDaemons(kube, checked);
      const { cluster, spec } = checked;
      const { operation } = await submit(client, cluster, { uid, generation, spec });
      await this.#warn(resource, checked.warnings);
      await this.#write(resource, {
        accepted: true,
        reason: 'HandedOver',
        message: `operation ${operation}`,
      });
      this.#parts.accepted({ cluster, uid, generation, spec });
      return 'delivered';
    } catch (err) {
      if (!(err instanceof Problem) || !FOR_PEOPLE.has(err.code)) throw err;
      await this.#refuse(resource, err);
      return 'refused';
    }
  }

  /** Who applies with kubectl reads Events. Once for each generation, whoever holds the lease: until it is accepted. */
  async #warn(resource: CurveClusterObject, warnings: readonly string[]): Promise<void> {
    if (isAccepted(resource)) return;
    for (const message of warnings) await this.#tell(resource, 'ManifestWarning', message);
  }

  async #refuse(resource: CurveClusterObject, problem: Problem): Promise<void> {
    const message = problemMessage(problem);
    await this.#write(resource, { accepted: false, reason: problem.code, message });
    await this.#tell(resource, problem.code, message);
  }

  async #tell(resource: CurveClusterObject, reason: string, message: string): Promise<void> {
    const { kube, log, identity } = this.#parts;
    try {
      await recordResourceEvent(kube, resource, { type: 'Warning', reason, message }, identity);
    } catch (err) {
      // What people read decides nothing: an Event that Kubernetes will never take keeps no document from its verdict.
      if (!(err instanceof KubeError && err.permanent)) throw err;
      log.warn({ err, reason, told: message }, 'Kubernetes refused an Event');
    }
  }

  async #write(resource: CurveClusterObject, verdict: Verdict): Promise<void> {
    await writeAccepted(this.#parts.kube, resource, verdict, new Date());
  }
}

/** What only a person can mend; everything else is tried again. */
const FOR_PEOPLE = new Set(['ManifestInvalid', 'ManifestImmutable', 'OperationRefused']);

/** All that speaks against the document, as one text. */
function problemMessage({ facts }: Problem): string {
  const violations = (facts.violations ?? []).map((v) => `${v.path}: ${v.message}; ${v.next}`);
  return violations.length > 0 ? violations.join('\n') : `${facts.detail}; ${facts.next}`;
}
