import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { endpoints, type SandboxState } from '../state.ts';
import { nodeAddress } from './network.ts';
import { kubeconfigOf, pki } from './pki.ts';
import { settingArguments, temporalSettings } from './temporal-settings.ts';
import {
  endProcess,
  runningRecord,
  startDaemon,
  whenReady,
  type DaemonOptions,
} from '../machine/processes.ts';
import { nodeNames, ports, s3Address, paths, stateDir } from '../settings.ts';
import { ask } from '../machine/run.ts';
import { tools } from '../tools/tools.ts';
import { answers, answersUnverified } from '../machine/wait.ts';

/** Starts the daemon unless it runs already, and returns when it answers. */
async function ensure(
  name: string,
  argv: readonly string[],
  isReady: () => Promise<true | undefined>,
  options: DaemonOptions = {},
): Promise<void> {
  const record = (await runningRecord(name)) ?? (await startDaemon(name, argv, options));
  await whenReady(record, 60, isReady);
}

/** Names of the processes that make up the control plane, in the order of their start. */
export const controlPlane = [
  'temporal',
  's3',
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'load-balancer',
] as const;

export type ControlPlaneDaemon = (typeof controlPlane)[number];

const starts: Readonly<Record<ControlPlaneDaemon, (state: SandboxState) => Promise<void>>> = {
  temporal: startTemporal,
  s3: startS3,
  etcd: startEtcd,
  'kube-apiserver': startApiServer,
  'kube-controller-manager': startControllerManager,
  'kube-scheduler': startScheduler,
  'load-balancer': startLoadBalancer,
};

/** Starts the daemon again on what it had written. */
export const startControlPlaneDaemon = (name: ControlPlaneDaemon, state: SandboxState): Promise<void> =>
  starts[name](state);

/** kill -9. */
export const stopControlPlaneDaemon = (name: ControlPlaneDaemon): Promise<void> => endProcess(name);

/**
 * The real server with its UI, on a database file, so that a killed and restarted one goes on. The dev server's parts
 * find each other at 127.0.0.1 whatever address they listen on: bound to the bridge alone it calls itself SERVING and
 * starts nothing. So it listens on loopback, and the load balancer, which may start later, brings callers there.
 */
export async function startTemporal(state: SandboxState): Promise<void> {
  const { bridge } = state.addresses;
  const inner = `127.0.0.1:${ports.temporalInner}`;
  await mkdir(paths.temporal, { recursive: true });
  await ensure(
    'temporal',
    [
      tools.temporal,
      'server',
      'start-dev',
      '--db-filename',
      `${paths.temporal}/temporal.db`,
      '--ip',
      '127.0.0.1',
      '--port',
      String(ports.temporalInner),
      '--ui-ip',
      bridge,
      '--ui-port',
      String(ports.temporalUi),
      '--log-level',
      'warn',
      '--log-format',
      'pretty',
      ...settingArguments(temporalSettings),
    ],
    async () => {
      const health = await ask([tools.temporal, 'operator', 'cluster', 'health', '--address', inner]);
      return health?.includes('SERVING') === true ? answers(endpoints(state).temporalUi) : undefined;
    },
  );
}

/** An S3 server whose buckets are plain directories. */
export async function startS3(state: SandboxState): Promise<void> {
  await mkdir(`${paths.s3}/buckets`, { recursive: true });
  await ensure(
    's3',
    [
      tools.versitygw,
      '--port',
      `${s3Address}:${ports.s3}`,
      '--health',
      '/health',
      '--quiet',
      'posix',
      `${paths.s3}/buckets`,
    ],
    () => answers(`${endpoints(state).s3}/health`),
    { env: { ROOT_ACCESS_KEY: state.s3.accessKey, ROOT_SECRET_KEY: state.s3.secretKey } },
  );
}

async function startEtcd(state: SandboxState): Promise<void> {
  const client = endpoints(state).etcd;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  await ensure(
    'etcd',
    [
      tools.etcd,
      '--name=sandbox',
      `--data-dir=${paths.etcd}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=sandbox=${peer}`,
      // Losing the last second of a test cluster in a crash of the machine costs nothing; waiting for the disk does.
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    () => answers(`${client}/health`),
  );
}

async function startApiServer(state: SandboxState): Promise<void> {
  const { addresses } = state;
  await ensure(
    'kube-apiserver',
    [
      tools.apiServer,
      `--etcd-servers=${endpoints(state).etcd}`,
      `--bind-address=${addresses.bridge}`,
      `--advertise-address=${addresses.bridge}`,
      `--secure-port=${ports.kubernetes}`,
      `--tls-cert-file=${pki.apiServer}.crt`,
      `--tls-private-key-file=${pki.apiServer}.key`,
      `--client-ca-file=${pki.ca}`,
      `--token-auth-file=${pki.tokens}`,
      `--kubelet-client-certificate=${pki.kubeletClient}.crt`,
      `--kubelet-client-key=${pki.kubeletClient}.key`,
      '--kubelet-preferred-address-types=InternalIP',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${pki.serviceAccountPublic}`,
      `--service-account-signing-key-file=${pki.serviceAccountKey}`,
      `--service-cluster-ip-range=${addresses.serviceRange}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--allow-privileged=true',
      '--profiling=false',
    ],
    async () =>
      (await ask([
        tools.kubectl,
        '--kubeconfig',
        paths.kubeconfig,
        '--request-timeout=5s',
        'get',
        '--raw',
        '/readyz',
      ])) === 'ok'
        ? true
        : undefined,
  );
}

const controllerArguments = ['--leader-elect=false', '--bind-address=127.0.0.1', '--profiling=false'];

/** Their certificates are made up at each start; on loopback that is no question of trust. */
const healthyOn = (port: number) => () => answersUnverified(`https://127.0.0.1:${port}/healthz`);

async function startControllerManager({ addresses }: SandboxState): Promise<void> {
  await ensure(
    'kube-controller-manager',
    [
      tools.controllerManager,
      `--kubeconfig=${kubeconfigOf('system:kube-controller-manager')}`,
      '--use-service-account-credentials',
      `--service-account-private-key-file=${pki.serviceAccountKey}`,
      `--root-ca-file=${pki.ca}`,
      `--secure-port=${ports.controllerManager}`,
      `--service-cluster-ip-range=${addresses.serviceRange}`,
      // A lost node is to be noticed while a test watches, not after the 50 seconds of a production cluster.
      '--node-monitor-period=2s',
      '--node-monitor-grace-period=20s',
      ...controllerArguments,
    ],
    healthyOn(ports.controllerManager),
  );
}

async function startScheduler(): Promise<void> {
  await ensure(
    'kube-scheduler',
    [
      tools.scheduler,
      `--kubeconfig=${kubeconfigOf('system:kube-scheduler')}`,
      `--secure-port=${ports.scheduler}`,
      ...controllerArguments,
    ],
    healthyOn(ports.scheduler),
  );
}

export async function startKubernetes(state: SandboxState): Promise<void> {
  await startEtcd(state);
  await startApiServer(state);
  await Promise.all([startControllerManager(state), startScheduler()]);
}

/**
 * A real load balancer before the NodePort of Keelson's API. It asks every node's /healthz, so that the address on
 * loopback stays valid while any one node is down. It also passes on, byte by byte, what comes to Temporal's address.
 */
export async function startLoadBalancer(state: SandboxState): Promise<void> {
  const directory = `${stateDir}/load-balancer`;
  await mkdir(directory, { recursive: true });
  const servers = nodeNames.map(
    (node) =>
      `  server ${node} ${nodeAddress(state.addresses, node)}:${ports.apiNodePort} check inter 1s fall 3 rise 1`,
  );
  const file = `${directory}/haproxy.cfg`;
  const config = `global
  maxconn 500
  log stdout format raw local0 notice
defaults
  mode http
  log global
  option redispatch 2
  retries 3
  timeout connect 1s
  # A busy machine answers late; only a dead one does not answer.
  timeout check 3s
  timeout queue 10s
  # Server-sent events stay open and may be silent for a while.
  timeout client 10m
  timeout server 10m
listen temporal
  mode tcp
  bind ${state.addresses.bridge}:${ports.temporal}
  # A worker that waits for tasks is silent; Temporal itself finds out who is no more.
  timeout client 1h
  timeout server 1h
  # A caller is to learn at once that the server is not there.
  retries 0
  server temporal 127.0.0.1:${ports.temporalInner}
frontend api
  bind 127.0.0.1:${ports.api}
  default_backend keelson
backend keelson
  balance roundrobin
  option httpchk GET /healthz
  default-server on-marked-down shutdown-sessions
  # A connection that was kept may lead to a node that is no more; a new one fails at once, and the next node is asked.
  http-reuse never
  retry-on conn-failure empty-response
  http-request disable-l7-retry unless METH_GET
${servers.join('\n')}
`;
  if ((await readFile(file, 'utf8').catch(() => config)) !== config) await endProcess('load-balancer');
  await writeFile(file, config);
  // haproxy is part of the nodes' root file system, so that nothing has to be installed (and started) on the machine itself.
  await ensure('load-balancer', [...tools.haproxy, '-db', '-f', file], async () => {
    // 503 is its own answer as long as no node serves Keelson.
    const response = await fetch(`http://127.0.0.1:${ports.api}/healthz`, {
      signal: AbortSignal.timeout(2000),
    }).catch(() => undefined);
    return response === undefined ? undefined : true;
  });
}
