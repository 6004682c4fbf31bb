import type { Kube } from './client.ts';
import type { KubeError } from './errors.ts';
import type { Scope } from './objects.ts';
import type { KubeObject, Resource } from './resources.ts';
import { keep, watch } from './watch.ts';

/**
 * A set of objects kept up to date in the background by a watch, for those who wait on several things at once. Ends
 * with the signal of `kube`, or by an error that no repetition heals; whoever asks then gets that error.
 */
export class LiveView<T extends KubeObject> {
  readonly #now = new Map<string, T>();
  readonly #listed = Promise.withResolvers<void>();
  readonly #changed: () => void;
  #trouble: KubeError | undefined;
  #failed: { readonly error: unknown } | undefined;

  /** @param changed called after each change, and when the watch is in trouble or has failed */
  constructor(kube: Kube, resource: Resource<T>, scope: Scope, changed: () => void) {
    this.#changed = changed;
    this.#listed.promise.catch(() => undefined); // told to whoever asks, which may be nobody
    this.#follow(kube, resource, scope).catch((error: unknown) => {
      this.#failed = { error };
      this.#listed.reject(error);
      this.#changed();
    });
  }

  /** The objects as they are now; waits for the first list. */
  async objects(): Promise<readonly T[]> {
    await this.#listed.promise;
    if (this.#failed) throw this.#failed.error;
    return [...this.#now.values()];
  }

  /** What keeps the view from being up to date at present. */
  get trouble(): KubeError | undefined {
    return this.#trouble;
  }

  async #follow(kube: Kube, resource: Resource<T>, scope: Scope): Promise<void> {
    const onTrouble = (error: KubeError): void => {
      this.#trouble = error;
      this.#changed();
    };
    for await (const change of watch(kube, resource, scope, { onTrouble })) {
      keep(this.#now, change);
      this.#trouble = undefined;
      this.#listed.resolve();
      this.#changed();
    }
  }
}
