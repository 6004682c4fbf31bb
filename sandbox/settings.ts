import { resolve } from 'node:path';
import { cacheDir, stateDir } from './disk-space.mjs';

/** The working tree this sandbox program belongs to: images and chart are taken from here. */
export const checkout = resolve(import.meta.dirname, '..');

export { cacheDir, stateDir };

export const cache = {
  bin: `${cacheDir}/bin`,
  downloads: `${cacheDir}/downloads`,
  go: `${cacheDir}/go`,
  images: `${cacheDir}/images`,
  buildah: `${cacheDir}/buildah`,
  templates: `${cacheDir}/templates`,
  trees: `${cacheDir}/trees`,
  logs: `${cacheDir}/logs`,
  timings: `${cacheDir}/timings.json`,
} as const;

export const state = {
  /** What `up` decided and found out: address range, ports, keys. Written once per `up`. */
  facts: `${stateDir}/facts.json`,
  kubeconfig: `${stateDir}/kubeconfig`,
  pki: `${stateDir}/pki`,
  logs: `${stateDir}/logs`,
  processes: `${stateDir}/processes`,
  nodes: `${stateDir}/nodes`,
  etcd: `${stateDir}/etcd`,
  temporal: `${stateDir}/temporal`,
  s3: `${stateDir}/s3`,
} as const;

/** Held while a command changes the sandbox. Outside stateDir, because `down` removes that. */
export const lockFile = '/run/keelson-sandbox.lock';

export const nodeNames = ['node1', 'node2', 'node3'] as const;
export type NodeName = (typeof nodeNames)[number];

/** Four disks a node: three in use by the example cluster, one spare for tests. Sparse, so they cost what is written. */
export const diskLetters = ['c', 'd', 'e', 'f'] as const;
export const diskSizeBytes = 2 * 1024 ** 3;

export const bridge = 'keelson0';
export const cgroup = 'keelson';

export const ports = {
  kubernetes: 6443,
  /** What everybody calls; the server itself is on loopback, at the inner port. */
  temporal: 7233,
  temporalInner: 17233,
  temporalUi: 8233,
  s3: 9000,
  controllerManager: 12357,
  scheduler: 12359,
  etcd: 12379,
  etcdPeer: 12380,
  api: 18080,
  apiNodePort: 30080,
  apiPod: 8080,
} as const;

/**
 * The S3 server has an address of its own on the bridge, the same on every machine whatever range the nodes got, so
 * that examples/curve-cluster.yaml can name it. From the range that RFC 2544 sets aside for test beds.
 */
export const s3Address = '198.19.199.1';

/**
 * Where the sandbox listens on the machine itself. The bridge's address is undefined before it is chosen: then nobody
 * has it, but whoever listens on all addresses will listen there too.
 */
export function ownAddresses(bridge: string | undefined): { address: string | undefined; port: number }[] {
  const { controllerManager, scheduler, etcd, etcdPeer, temporalInner, api } = ports;
  return [
    ...[ports.kubernetes, ports.temporal, ports.temporalUi].map((port) => ({ address: bridge, port })),
    ...[controllerManager, scheduler, etcd, etcdPeer, temporalInner, api].map((port) => ({
      address: '127.0.0.1',
      port,
    })),
    { address: s3Address, port: ports.s3 },
  ];
}

/** Where the chart puts Keelson. */
export const keelson = {
  namespace: 'keelson-system',
  release: 'keelson',
  image: 'localhost/keelson',
} as const;
