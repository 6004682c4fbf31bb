import { setTimeout as delay } from 'node:timers/promises';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { Backoff } from '../concurrency/backoff.ts';

/** A Temporal that is starting is back within seconds; asking it more often would not help it. */
const RECONNECT_PAUSE = { firstMs: 250, capMs: 5_000 } as const;

export interface TemporalConnection {
  readonly connection: NativeConnection;
  readonly namespace: string;
}

/**
 * Connects as TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the other variables of Temporal's own tools say. Tries until
 * Temporal answers or the signal is aborted: a worker that starts before Temporal must not need a restart.
 */
export async function connectTemporal(log: Logger, signal: AbortSignal): Promise<TemporalConnection> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const backoff = new Backoff(RECONNECT_PAUSE);
  for (;;) {
    try {
      const connection = await NativeConnection.connect(connectionOptions);
      log.info({ address: connectionOptions.address, namespace }, 'connected to Temporal');
      return { connection, namespace };
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ err: error, address: connectionOptions.address }, 'Temporal does not answer; trying again');
      // a pause that is cut short must end as the signal says, not with an AbortError of its own
      await delay(backoff.next(), undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}
