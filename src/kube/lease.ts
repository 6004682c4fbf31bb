import type { Kube } from './client.ts';
import { isAlreadyExists, isConflict, isNotFound } from './errors.ts';
import { asked, create, find } from './objects.ts';
import { LEASES, pathOf } from './resources.ts';

type Lease = NonNullable<typeof LEASES.shape>;

export interface LeaseOptions {
  readonly namespace: string;
  readonly name: string;
  /** Who we are: the pod's name. */
  readonly identity: string;
  /** A holder that has not renewed for this long has lost the lease. */
  readonly durationMs: number;
  /** An attempt that takes longer is given up: a holder that waits for an answer must not hold on for too long. */
  readonly attemptMs: number;
}

/** A lease that is taken over by another holder only after its own clock has seen it unrenewed for its whole duration. */
export class HeldLease {
  readonly #kube: Kube;
  readonly #options: LeaseOptions;
  /** The record as last seen and when, by our own clock: clocks of other machines are not trusted. */
  #seen: { readonly version: string; readonly at: number } | undefined;

  constructor(kube: Kube, options: LeaseOptions) {
    this.#kube = kube;
    this.#options = options;
  }

  /** Takes or renews the lease; false while another one holds it. Throws when Kubernetes does not answer. */
  async hold(): Promise<boolean> {
    const kube = this.#briefly();
    try {
      const lease = await find(kube, LEASES, this.#options);
      if (lease === undefined) {
        await create(kube, LEASES, { metadata: this.#at(), spec: this.#spec(0) });
        return true;
      }
      if (!this.#free(lease)) return false;
      await this.#replace(kube, lease, this.#spec(this.#changes(lease)));
      return true;
    } catch (err) {
      // Another candidate was faster.
      if (isConflict(err) || isAlreadyExists(err) || isNotFound(err)) return false;
      throw err;
    }
  }

  /** Gives the lease back, so that the next holder need not wait; nothing when another one has it. */
  async release(): Promise<void> {
    const kube = this.#briefly();
    const lease = await find(kube, LEASES, this.#options);
    if (lease?.spec?.holderIdentity !== this.#options.identity) return;
    const { holderIdentity: _holder, ...rest } = this.#spec(lease.spec.leaseTransitions ?? 0);
    try {
      await this.#replace(kube, lease, { ...rest, leaseDurationSeconds: 1 });
    } catch (err) {
      if (!isConflict(err) && !isNotFound(err)) throw err; // taken already
    }
  }

  #free(lease: Lease): boolean {
    const holder = lease.spec?.holderIdentity;
    if (!holder || holder === this.#options.identity) return true;
    const version = lease.metadata?.resourceVersion ?? '';
    const now = performance.now();
    if (this.#seen?.version !== version) this.#seen = { version, at: now };
    const duration = (lease.spec?.leaseDurationSeconds ?? 0) * 1_000 || this.#options.durationMs;
    return now - this.#seen.at > duration;
  }

  #changes(lease: Lease): number {
    const before = lease.spec?.leaseTransitions ?? 0;
    return lease.spec?.holderIdentity === this.#options.identity ? before : before + 1;
  }

  #spec(transitions: number): NonNullable<Lease['spec']> {
    const now = new Date().toISOString().replace('Z', '000Z');
    return {
      holderIdentity: this.#options.identity,
      leaseDurationSeconds: Math.ceil(this.#options.durationMs / 1_000),
      leaseTransitions: transitions,
      renewTime: now,
      acquireTime: now,
    };
  }

  /** Fails with Conflict when somebody has written the lease since it was read. */
  async #replace(kube: Kube, lease: Lease, spec: NonNullable<Lease['spec']>): Promise<void> {
    const same = lease.spec?.holderIdentity === spec.holderIdentity && lease.spec?.acquireTime !== undefined;
    await kube.json<Lease>({
      method: 'PUT',
      path: pathOf(LEASES, this.#at()),
      query: { fieldManager: 'keelson-controller' },
      body: {
        apiVersion: LEASES.apiVersion,
        kind: LEASES.kind,
        metadata: { ...this.#at(), resourceVersion: lease.metadata?.resourceVersion },
        spec: same ? { ...spec, acquireTime: lease.spec?.acquireTime } : spec,
      },
      asked: asked('update', LEASES, this.#at()),
    });
  }

  #briefly(): Kube {
    return this.#kube.within(AbortSignal.timeout(this.#options.attemptMs));
  }

  #at(): { namespace: string; name: string } {
    return { namespace: this.#options.namespace, name: this.#options.name };
  }
}
