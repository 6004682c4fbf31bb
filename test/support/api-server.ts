import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { tools } from '../../sandbox/tools/tools.ts';
import { Kube } from '../../src/kube/client.ts';
import { PooledKubeConfig } from '../../src/kube/config.ts';
import { create, find } from '../../src/kube/objects.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES } from '../../src/kube/resources.ts';
import { SYSTEMS } from '../../src/systems/registry.ts';
import type { StorageKind } from '../../src/systems/system.ts';
import { eventually } from './eventually.ts';

/**
 * A kube-apiserver and etcd of the test's own on loopback, the very programs of the sandbox: nothing else acts on what
 * is written here, no node is in danger, and it can be stopped and started again.
 */
export interface ApiServer {
  readonly kube: Kube;
  readonly config: PooledKubeConfig;
  readonly address: { readonly host: string; readonly port: number };
  /** Ends the API server alone, as a crash does; what it stored stays. */
  readonly kill: () => Promise<void>;
  /** Starts it again, on the same port. */
  readonly start: () => Promise<void>;
  /** Makes every earlier resourceVersion too old to watch from. */
  readonly compact: () => Promise<void>;
  readonly end: () => Promise<void>;
}

const TOKEN = 'test-admin';
const START_WITHIN_MS = 60_000;

/** With the definitions of these systems. */
export async function startApiServer(systems = SYSTEMS): Promise<ApiServer> {
  const folder = await mkdtemp(`${tmpdir()}/keelson-api-server-`);
  const [client, peer, port] = await Promise.all([freePort(), freePort(), freePort()]);
  await writeFile(`${folder}/tokens.csv`, `${TOKEN},admin,admin,system:masters\n`);
  execFileSync('openssl', [
    'ecparam',
    '-name',
    'prime256v1',
    '-genkey',
    '-noout',
    '-out',
    `${folder}/sa.key`,
  ]);
  execFileSync('openssl', ['ec', '-in', `${folder}/sa.key`, '-pubout', '-out', `${folder}/sa.pub`], {
    stdio: 'ignore',
  });

  const etcd = daemon(folder, 'etcd', tools.etcd, etcdArguments(folder, client, peer));
  const config = credentials(port);
  const kube = new Kube(config);
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    server = daemon(folder, 'apiserver', tools.apiServer, serverArguments(folder, client, port));
    // Before it says so itself, it knows namespaces but perhaps not yet our own kinds.
    const asked = { verb: 'get', rbac: '', subject: 'readyz' };
    const ready = () => kube.text({ method: 'GET', path: '/readyz', asked });
    await eventually('the API server is ready', ready, (answer) => answer === 'ok', START_WITHIN_MS);
  };
  await start();
  for (const { kind } of systems.kinds) await define(kube, kind);

  const kill = () => ended(server, 'SIGKILL');
  return {
    kube,
    config,
    address: { host: '127.0.0.1', port },
    kill,
    start,
    compact: () => compact(client),
    end: async () => {
      await kill();
      await ended(etcd, 'SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Makes a kind known, and returns when the API server serves it. */
async function define(kube: Kube, { definition, resource }: StorageKind): Promise<void> {
  await create(kube, CUSTOM_RESOURCE_DEFINITIONS, definition() as never);
  const name = `${resource.plural}.${resource.apiVersion.split('/')[0] ?? ''}`;
  const established = () => find(kube, CUSTOM_RESOURCE_DEFINITIONS, { name });
  const isEstablished = (crd: Awaited<ReturnType<typeof established>>): boolean =>
    crd?.status?.conditions?.some((c) => c.type === 'Established' && c.status === 'True') === true;
  await eventually(`${name} is established`, established, isEstablished, START_WITHIN_MS);
}

/** A namespace of this API server. */
export async function makeNamespace(server: ApiServer, name: string): Promise<string> {
  await create(server.kube, NAMESPACES, { metadata: { name } });
  return name;
}

const etcdArguments = (folder: string, client: number, peer: number): string[] => [
  `--data-dir=${folder}/etcd`,
  '--name=test',
  `--listen-client-urls=http://127.0.0.1:${client}`,
  `--advertise-client-urls=http://127.0.0.1:${client}`,
  `--listen-peer-urls=http://127.0.0.1:${peer}`,
  `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
  `--initial-cluster=test=http://127.0.0.1:${peer}`,
  '--unsafe-no-fsync',
  '--log-level=error',
];

const serverArguments = (folder: string, etcd: number, port: number): string[] => [
  `--etcd-servers=http://127.0.0.1:${etcd}`,
  '--bind-address=127.0.0.1',
  '--advertise-address=127.0.0.1',
  '--endpoint-reconciler-type=none',
  `--secure-port=${port}`,
  `--cert-dir=${folder}/certificates`,
  `--token-auth-file=${folder}/tokens.csv`,
  '--service-account-issuer=https://test',
  `--service-account-key-file=${folder}/sa.pub`,
  `--service-account-signing-key-file=${folder}/sa.key`,
  '--service-cluster-ip-range=10.96.0.0/24',
  '--authorization-mode=RBAC',
  // As every cluster that runs node workers.
  '--allow-privileged',
  // No controller makes service accounts here, and pods are only looked at.
  '--disable-admission-plugins=ServiceAccount',
];

function credentials(port: number): PooledKubeConfig {
  const config = new PooledKubeConfig();
  // It makes its certificate itself; on loopback that is no question of trust.
  const cluster = { name: 'test', server: `https://127.0.0.1:${port}`, skipTLSVerify: true };
  config.loadFromClusterAndUser(cluster, { name: 'admin', token: TOKEN });
  return config;
}

function daemon(folder: string, name: string, file: string, args: readonly string[]): ChildProcess {
  const log = createWriteStream(`${folder}/${name}.log`, { flags: 'a' });
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  // A test that fails in its own cleaning up leaves nothing behind either.
  const last = (): void => void child.kill('SIGKILL');
  process.once('exit', last);
  child.once('exit', () => process.off('exit', last));
  return child;
}

async function ended(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}

/** etcd speaks JSON too. */
async function compact(client: number): Promise<void> {
  const ask = async (path: string, body: object): Promise<{ header: { revision: string } }> => {
    const response = await fetch(`http://127.0.0.1:${client}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`etcd: ${response.status} ${await response.text()}`);
    return (await response.json()) as { header: { revision: string } };
  };
  const { header } = await ask('/v3/kv/range', { key: Buffer.from('x').toString('base64') });
  await ask('/v3/kv/compaction', { revision: header.revision, physical: true });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
