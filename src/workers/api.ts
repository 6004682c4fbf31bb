import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
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
import { SYSTEMS } from '../systems/registry.ts';
import { readApiEnvironment, readEnvironment } from './environment.ts';
import { createLog } from './log.ts';
import { runProcess } from './stopping.ts';

const environment = readEnvironment(process.env, 'api');
const log = createLog('api', environment.logLevel);

/**
 * One process: the HTTP API, and the controller, which works in the replica that holds the lease. It starts also while
 * Temporal or Kubernetes is away, and says so to whoever asks.
 */
async function serve(stop: AbortSignal): Promise<void> {
  const { identity, installation, kubeconfig } = environment;
  const { address, tokenFile: file, temporalUi: ui, namespace } = readApiEnvironment(process.env);
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  const { connection, client } = connect(identity);
  const temporal = { client, installation };
  const kube = new Kube(loadKubeConfig(kubeconfig));
  const token = tokenFile(file);
  await token(); // an unreadable file is said now, not at the first request
  const api = await createApi({
    kube,
    temporal,
    systems: SYSTEMS,
    token,
    temporalUi: temporalUi(ui, client.options.namespace),
    registry,
    logger: log,
    version: about.version,
  });

  await api.listen(address);

  const metrics = controllerMetrics(registry);
  const lease = new HeldLease(kube, { namespace, name: 'keelson-controller', identity, ...LEASE });
  await whileLeading(
    lease,
    (signal) => runController({ kube, temporal, systems: SYSTEMS, log, metrics, identity }, signal),
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
function connect(identity: string): { connection: Connection; client: Client } {
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

const onTrouble = (err: unknown): void =>
  log.warn({ err }, 'controller interrupted; it starts again by itself');

runProcess(serve, (err) => log.fatal({ err }, 'the API ends'));
