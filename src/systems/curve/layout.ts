import type { FormatOptions } from '../../disks/use.ts';
import type { ClusterIdentity, OperationId, ResourceRef } from '../operation.ts';
import { instanceLetters } from '../names.ts';
import { DISK_FORMAT } from './disk-format.ts';
import type { CurveClusterSpec, DeviceSpec } from './spec.ts';

/**
 * Where everything of one CurveBS cluster runs: derived from the spec and the nodes' addresses, nothing else.
 * The rules are docs/curve.md#cluster-map.
 */

/** One etcd member: `name` is etcd's own (etcd00, etcd10, …), `id` our instance letter (a, b, …). */
export interface EtcdMember {
  readonly id: string;
  readonly name: string;
  readonly node: string;
  readonly ip: string;
  readonly peerPort: number;
  readonly clientPort: number;
}

export interface MdsInstance {
  readonly id: string;
  readonly node: string;
  readonly ip: string;
  readonly port: number;
  /** The only port that a follower listens on. */
  readonly dummyPort: number;
}

export interface SnapshotcloneInstance {
  readonly id: string;
  readonly node: string;
  readonly ip: string;
  /** Only the active instance listens here. */
  readonly port: number;
  readonly dummyPort: number;
  /** nginx; listens on every instance and finds the active one. */
  readonly proxyPort: number;
}

/** Where the S3 keys are: never the keys themselves. The Secret has the keys `ak` and `sk`. */
export interface S3Reference {
  readonly endpoint: string;
  readonly bucket: string;
  readonly secretName: string;
}

/**
 * What every step of one operation needs to know, small enough to travel with each activity: it names the control
 * plane and the settings, never the list of storage nodes.
 */
export interface CurveContext extends ClusterIdentity {
  readonly image: string;
  readonly imagePullPolicy: 'IfNotPresent' | 'Always' | 'Never';
  readonly hostDataDir: string;
  /** How the disks of chunkservers are formatted. */
  readonly diskFormat: FormatOptions;
  readonly etcd: readonly EtcdMember[];
  readonly mds: readonly MdsInstance[];
  /** Empty when snapshotclone is not enabled. */
  readonly snapshotclone: readonly SnapshotcloneInstance[];
  readonly s3?: S3Reference;
  readonly etcdConfig: Readonly<Record<string, string>>;
  readonly mdsConfig: Readonly<Record<string, string>>;
}

/** One chunkserver and its disk. */
export interface ChunkserverDisk {
  /** Position among the disks of its node, from 0; the port is base + index. */
  readonly index: number;
  /** The path in the spec, e.g. `/dev/vdc`: may be a symlink. */
  readonly device: string;
  /** Where the host mounts it, e.g. `/data/chunkserver0`. */
  readonly mountPath: string;
  /** Share of the file system that curve_format fills with chunks, 1..100. */
  readonly percentage: number;
  readonly port: number;
}

export interface StorageNode {
  readonly node: string;
  readonly ip: string;
  readonly zone: string;
  readonly disks: readonly ChunkserverDisk[];
}

export interface PoolLayout {
  /** Physical and logical pool share the name. */
  readonly name: string;
  /** Copysets of the logical pool: floor(sum of all chunkservers' copySets / 3), at least 1. */
  readonly copysets: number;
}

export interface CurveLayout {
  readonly context: CurveContext;
  readonly storage: readonly StorageNode[];
  readonly pool: PoolLayout;
}

/** Physical and logical pool of the first layout; growth will add pools (docs/curve.md#growth). */
export const POOL = 'pool1';
export const REPLICAS = 3;
export const ZONES = ['zone1', 'zone2', 'zone3'] as const;

/** Storage nodes with their disks, in the order of the spec, whichever way the spec names them. */
export function storageNodesOf(
  spec: CurveClusterSpec,
): readonly { readonly node: string; readonly devices: readonly Readonly<DeviceSpec>[] }[] {
  const { useSelectedNodes, selectedNodes, nodes, devices } = spec.storage;
  return useSelectedNodes ? selectedNodes : nodes.map((node) => ({ node, devices }));
}

/** Every node that the spec names, each once, in its order: first etcd and mds, then storage. */
export function nodesOf(spec: CurveClusterSpec): readonly string[] {
  return [...new Set([...spec.nodes, ...storageNodesOf(spec).map((s) => s.node)])];
}

/**
 * A layout for comparing instances, ports and paths with what runs: addresses and the cluster's id play no part in it.
 */
export function layoutToCompare(
  resource: ResourceRef,
  spec: CurveClusterSpec,
  addresses: Readonly<Record<string, string>> = {},
): CurveLayout {
  const unknown = Object.fromEntries(nodesOf(spec).map((node) => [node, '']));
  return layoutOf({
    operation: { ...resource, uid: '', generation: 0, attempt: 0 },
    clusterId: '',
    spec,
    addresses: { ...unknown, ...addresses },
  });
}

export interface LayoutInput {
  readonly operation: OperationId;
  readonly clusterId: string;
  readonly spec: CurveClusterSpec;
  /** InternalIP of every node that the spec names. */
  readonly addresses: Readonly<Record<string, string>>;
}

/** The layout of a spec that broke no rule; throws where an address is missing, which the rules report before. */
export function layoutOf(input: LayoutInput): CurveLayout {
  return { context: contextOf(input), storage: storageOf(input), pool: poolOf(input.spec) };
}

function addressOf(input: LayoutInput, node: string): string {
  const ip = input.addresses[node];
  if (ip === undefined)
    throw new Error(`no InternalIP is known for node ${node}: check the spec against Kubernetes first`);
  return ip;
}

function contextOf(input: LayoutInput): CurveContext {
  const { operation, clusterId, spec } = input;
  const places = spec.nodes.map((node, index) => ({
    id: instanceLetters(index),
    node,
    ip: addressOf(input, node),
  }));
  const { peerPort, clientPort } = spec.etcd;
  const { enable, port, dummyPort, proxyPort, s3Config } = spec.snapShotClone;
  const s3: S3Reference | undefined =
    enable && s3Config.secretRef !== undefined
      ? { endpoint: s3Config.nosAddress, bucket: s3Config.bucketName, secretName: s3Config.secretRef.name }
      : undefined;
  return {
    operation,
    clusterId,
    image: spec.curveVersion.image,
    imagePullPolicy: spec.curveVersion.imagePullPolicy,
    hostDataDir: spec.hostDataDir,
    diskFormat: DISK_FORMAT,
    // etcd<host sequence><instance sequence>, as the templates of the image expect it
    etcd: places.map((place, index) => ({ ...place, name: `etcd${index}0`, peerPort, clientPort })),
    mds: places.map((place) => ({ ...place, port: spec.mds.port, dummyPort: spec.mds.dummyPort })),
    snapshotclone: enable ? places.map((place) => ({ ...place, port, dummyPort, proxyPort })) : [],
    ...(s3 === undefined ? {} : { s3 }),
    etcdConfig: spec.etcd.config,
    mdsConfig: spec.mds.config,
  };
}

/** A new zone for each node, round robin; all disks of a node share its zone (docs/curve.md#zones-and-servers). */
function storageOf(input: LayoutInput): readonly StorageNode[] {
  return storageNodesOf(input.spec).map(({ node, devices }, index) => ({
    node,
    ip: addressOf(input, node),
    zone: ZONES[index % ZONES.length] ?? ZONES[0],
    disks: devices.map((d, i) => ({
      index: i,
      device: d.name,
      mountPath: d.mountPath,
      percentage: d.percentage,
      port: input.spec.storage.port + i,
    })),
  }));
}

function poolOf(spec: CurveClusterSpec): PoolLayout {
  const chunkservers = storageNodesOf(spec).reduce((sum, s) => sum + s.devices.length, 0);
  return { name: POOL, copysets: Math.max(1, Math.floor((chunkservers * spec.storage.copySets) / REPLICAS)) };
}
