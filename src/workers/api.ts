import { hostname } from 'node:os';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { pino } from 'pino';
import { Registry, collectDefaultMetrics } from 'prom-client';
import about from '../../package.json' with { type: 'json' };
import { tokenFile } from '../api/auth.ts';
import { createApi } from '../api/server.ts';
import { whileLeading } from '../controller/leadership.ts';
import { controllerMetrics } from '../controller/metrics.ts';
import { runController } from '../controller/controller.ts';
import { LEASE } from '../controller/intervals.ts';
import { Kube } from '../kube/client.ts';
import { loadKubeConfig } from '../kube/config.ts';
import { HeldLease } from '../kube/lease.ts';
import { runProcess } from './stopping.ts';

const log = pino({
  level: process.env['KEELSON_LOG_LEVEL'] ?? 'info',
  base: { component: 'api' },
  timestamp: pino.stdTimeFunctions.isoTime,
});

/**
 * One process: the HTTP API, and the controller, which works in the replica that holds the lease. It starts also while
 * Temporal or Kubernetes is away, and says so to whoever asks.
 */
async function serve(stop: AbortSignal): Promise<void> {
  const env = process.env;
  const identity = env['POD_NAME'] ?? hostname();
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  const { connection, client } = temporal(identity);
  const kube = new Kube(loadKubeConfig(env['KUBECONFIG']));
  const token = tokenFile(
    required(env, 'KEELSON_API_TOKEN_FILE', 'a file with the token that callers must show'),
  );
  await token(); // an unreadable file is said now, not at the first request
  const api = await createApi({
    kube,
    client,
    token,
    temporalUi: temporalUi(env['KEELSON_TEMPORAL_UI'], client.options.namespace),
    registry,
    logger: log,
    version: about.version,
  });

  const { host, port } = address(env['KEELSON_API_ADDRESS'] ?? '127.0.0.1:8080');
  await api.listen({ host, port });

  const namespace = env['POD_NAMESPACE'] ?? 'default';
  const metrics = controllerMetrics(registry);
  const lease = new HeldLease(kube, { namespace, name: 'keelson-controller', identity, ...LEASE });
  await whileLeading(
    lease,
    (signal) => runController({ kube, client, log, metrics, identity }, signal),
    { ...LEASE, onChange: (leads) => metrics.leading.set(leads ? 1 : 0), onTrouble },
    stop,
  );
  await api.close();
  await connection.close();
}

/**
 * Connects only when first used. After an outage gRPC would wait up to two minutes before it tries again; people and the
 * watch are waiting.
 */
function temporal(identity: string): { connection: Connection; client: Client } {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = Connection.lazy({
    ...connectionOptions,
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 2_000 },
  });
  return {
    connection,
    client: new Client({ connection, namespace: namespace ?? 'default', identity: `api@${identity}` }),
  };
}

const temporalUi = (base: string | undefined, namespace: string): string | undefined =>
  base ? `${base.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}` : undefined;

function address(text: string): { host: string; port: number } {
  const match = /^(?:\[(.+)\]|([^:]*)):(\d+)$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (!host || match === null) throw new Error(`KEELSON_API_ADDRESS: "${text}" is not host:port`);
  return { host, port: Number(match[3]) };
}

function required(env: NodeJS.ProcessEnv, name: string, what: string): string {
  const value = env[name];
  if (!value) throw new Error(`${name} is not set: give it ${what}`);
  return value;
}

const onTrouble = (err: unknown): void =>
  log.warn({ err }, 'controller interrupted; it begins anew by itself');

runProcess(serve, (err) => log.fatal({ err }, 'the API ends'));
