import type { ResourceRef } from '../operation.ts';
import { LABEL, bounded, clusterLabels, deviceSlug, labelValue, numbered, shortHash } from '../names.ts';

/** Every name and label of the objects of one CurveBS cluster comes from here. */

/** Names of objects in the cluster's namespace. `cluster` is the name of the CurveCluster. */
export const names = {
  /** Templates as they came out of the image. */
  templates: (cluster: string) => bounded(`${cluster}-conf-default`, 253),
  /** Deployment of one etcd, mds or snapshotclone. */
  daemon: (cluster: string, role: ControlDaemon, id: string) => bounded(`${cluster}-${role}-${id}`),
  /** ConfigMap with the rendered configuration of one etcd, mds or snapshotclone. */
  daemonConfig: (cluster: string, role: ControlDaemon, id: string) =>
    bounded(`${cluster}-${role}-conf-${id}`, 253),
  chunkserver: (cluster: string, node: string, device: string) =>
    bounded(`${cluster}-chunkserver-${node}-${deviceSlug(device)}`),
  chunkserverConfig: (cluster: string, node: string, device: string) =>
    bounded(`${cluster}-chunkserver-conf-${node}-${deviceSlug(device)}`, 253),
  /** s3.conf with the keys in it: a Secret. */
  s3Secret: (cluster: string) => bounded(`${cluster}-s3-conf`, 253),
  /** tools.conf, and the cluster map beside it. */
  tools: (cluster: string) => bounded(`${cluster}-tools-conf`, 253),
  topology: (cluster: string) => bounded(`${cluster}-topology`, 253),
  /** Job that prints the templates of the image; another image, another Job. */
  templatesJob: (cluster: string, image: string, attempt: number) =>
    numbered(`${cluster}-templates-${shortHash(image)}`, attempt),
  /** Job that runs curve_format on one disk. */
  formatJob: (cluster: string, node: string, device: string, attempt: number) =>
    numbered(`${cluster}-format-${node}-${deviceSlug(device)}`, attempt),
  /** Job that runs curvebs-tool; another map, another Job. */
  poolJob: (cluster: string, step: 'physical-pool' | 'logical-pool', map: string, attempt: number) =>
    numbered(`${cluster}-${step}-${shortHash(map)}`, attempt),
} as const;

const PARTS = [
  'etcd',
  'mds',
  'chunkserver',
  'snapshotclone',
  'format',
  'templates',
  'physical-pool',
  'logical-pool',
];

/** Shorter than the head of any name that had to be cut. */
const HEAD_LENGTH = 40;

/** What the names of a cluster's daemons and Jobs begin with, also those that had to be cut. */
export const beginnings = (cluster: string): readonly string[] =>
  PARTS.map((part) => `${cluster}-${part}-`).map((whole) =>
    whole.length <= HEAD_LENGTH ? whole : whole.slice(0, HEAD_LENGTH).replace(/[-._]+$/, ''),
  );

/** A daemon with a few instances on chosen nodes. */
export type ControlDaemon = 'etcd' | 'mds' | 'snapshotclone';

export type Component = 'etcd' | 'mds' | 'chunkserver' | 'snapshotclone' | 'format' | 'tools' | 'templates';

export interface ComponentLabels {
  readonly component: Component;
  readonly instance?: string;
  readonly node?: string;
  readonly device?: string;
}

/** Labels on the objects and pods of one component; also a selector. */
export const componentLabels = (
  cluster: Pick<ResourceRef, 'system' | 'name'>,
  clusterId: string,
  of: ComponentLabels,
): Record<string, string> => ({
  ...clusterLabels(cluster, clusterId),
  [LABEL.name]: 'curvebs',
  [LABEL.component]: of.component,
  ...(of.instance === undefined ? {} : { [LABEL.instance]: labelValue(of.instance) }),
  ...(of.node === undefined ? {} : { [LABEL.node]: labelValue(of.node) }),
  ...(of.device === undefined ? {} : { [LABEL.device]: labelValue(deviceSlug(of.device)) }),
});
