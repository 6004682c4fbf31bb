import { KubeConfig } from '@kubernetes/client-node';

type RequestContext = Parameters<KubeConfig['applySecurityAuthentication']>[0];
type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>;

/**
 * Credentials and address of the API server with one connection pool that is kept. The client library makes a new
 * pool, hence a new TLS connection, for each request; this class puts the kept one in its place.
 */
export class PooledKubeConfig extends KubeConfig {
  readonly #kept = new Map<string, Dispatcher>();

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    const fresh = context.getDispatcher();
    if (!fresh) return;
    const key = this.#endpoint();
    const kept = this.#kept.get(key);
    if (!kept) {
      this.#kept.set(key, fresh);
      return;
    }
    context.setDispatcher(kept);
    await fresh.close(); // it has no connection yet
  }

  /**
   * Forgets the kept pool, so that the next request opens a new connection. For use after a connection failed: one
   * that was cut without a word would otherwise swallow every further request until the kernel gives it up. Requests
   * that still run on it may finish.
   */
  renew(): void {
    for (const [key, pool] of this.#kept) {
      this.#kept.delete(key);
      pool.close().catch(() => undefined); // it is being given up because it failed: nobody is left to tell
    }
  }

  #endpoint(): string {
    const [cluster, user] = [this.getCurrentCluster(), this.getCurrentUser()];
    return [
      cluster?.server,
      cluster?.caData,
      cluster?.caFile,
      user?.name,
      user?.certData,
      user?.certFile,
    ].join('|');
  }
}

/**
 * Reads the credentials: from the named kubeconfig file, else from the service account of the pod that we run in.
 * There is no silent fallback to a default address.
 */
export function loadKubeConfig(kubeconfig?: string): PooledKubeConfig {
  const config = new PooledKubeConfig();
  if (kubeconfig !== undefined) config.loadFromFile(kubeconfig);
  else config.loadFromCluster();
  return config;
}
