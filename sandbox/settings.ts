import { resolve } from 'node:path';
import { cacheDir, stateFile, stateDir } from './machine/disk-space.mjs';

/** The working tree this sandbox program belongs to: images and chart are taken from here. */
export const checkout = resolve(import.meta.dirname, '..');

export { cacheDir, stateDir };
export { cgroup, ports, s3Address } from './machine/ports.mjs';

export const cache = {
  bin: `${cacheDir}/bin`,
  downloads: `${cacheDir}/downloads`,
  go: `${cacheDir}/go`,
  images: `${cacheDir}/images`,
  buildah: `${cacheDir}/buildah`,
  templates: `${cacheDir}/templates`,
  /** Named as older checkouts name it, which share it: making one takes a minute. */
  rootfs: `${cacheDir}/trees`,
  logs: `${cacheDir}/logs`,
  timings: `${cacheDir}/timings.json`,
} as const;

export const paths = {
  /** What `up` decided and found out: address range, ports, keys. Written once per `up`. */
  state: stateFile,
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

/** Where the chart puts Keelson. */
export const keelson = {
  namespace: 'keelson-system',
  release: 'keelson',
  image: 'localhost/keelson',
} as const;
