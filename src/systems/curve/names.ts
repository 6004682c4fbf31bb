/**
 * Every name and label of the objects of one cluster comes from here: stable, bounded to what Kubernetes accepts, and
 * different for different things, also when several clusters live in one namespace.
 */

/** Kubernetes puts the names of Jobs and pods into labels, which hold 63 characters. */
const LABEL_LIMIT = 63;
const HASH_LENGTH = 8;

/** FNV-1a, 64 bits, in base 36. Not cryptographic: it keeps names apart and notices changed text. */
export function fingerprint(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    for (const byte of [code & 0xff, code >> 8]) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
    }
  }
  return hash.toString(36).padStart(13, '0');
}

const shortHash = (text: string): string => fingerprint(text).slice(-HASH_LENGTH);

/** The text itself where it fits, else its beginning and a hash of the whole. */
function bounded(text: string, limit = LABEL_LIMIT): string {
  if (text.length <= limit) return text;
  const head = text.slice(0, limit - HASH_LENGTH - 1).replace(/[-._]+$/, '');
  return `${head}-${shortHash(text)}`;
}

/** Lower case letters, digits and single dashes, beginning and ending with a letter or digit; may be empty. */
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

/**
 * The device as a part of names: `vdc` for /dev/vdc. Other paths (by-id, by-path) could read the same after plain
 * letters are made of them, so they carry a hash.
 */
export function deviceSlug(device: string): string {
  const simple = /^\/dev\/([a-z0-9]+)$/.exec(device)?.[1];
  if (simple !== undefined) return simple;
  const last = plain(device.split('/').at(-1) ?? '')
    .slice(0, 24)
    .replace(/-$/, '');
  return [last, shortHash(device)].filter((part) => part !== '').join('-');
}

/** `a` … `z`, `aa` …: the letters that curve-operator gives to instances. */
export function instanceLetters(index: number): string {
  const rest = Math.floor(index / 26);
  const letter = String.fromCharCode(97 + (index % 26));
  return rest === 0 ? letter : instanceLetters(rest - 1) + letter;
}

/** Ends with the attempt, whatever had to be cut. */
const numbered = (text: string, attempt: number): string =>
  `${bounded(text, LABEL_LIMIT - 1 - String(attempt).length)}-${attempt}`;

/** Names of objects in the cluster's namespace. `cluster` is the name of the CurveCluster. */
export const names = {
  /** Keeps the cluster id; survives the resource. */
  clusterId: (cluster: string) => bounded(`${cluster}-keelson`, 253),
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

/** Prefix of all our label and annotation keys. */
const PREFIX = 'keelson.io';

export const LABEL = {
  managedBy: 'app.kubernetes.io/managed-by',
  name: 'app.kubernetes.io/name',
  component: 'app.kubernetes.io/component',
  cluster: `${PREFIX}/cluster`,
  clusterId: `${PREFIX}/cluster-id`,
  instance: `${PREFIX}/instance`,
  node: `${PREFIX}/node`,
  device: `${PREFIX}/device`,
} as const;

/** What an object says about itself beyond its labels, in full length; read back by objects/existing.ts. */
export const ANNOTATION = {
  /** Fingerprint of the mounted configuration: another one restarts the pod. */
  config: `${PREFIX}/config`,
  node: `${PREFIX}/node`,
  ports: `${PREFIX}/ports`,
  hostDataDir: `${PREFIX}/host-data-dir`,
  device: `${PREFIX}/device`,
  mountPath: `${PREFIX}/mount-path`,
  zone: `${PREFIX}/zone`,
  attempt: `${PREFIX}/attempt`,
  /** The image that templates came out of. */
  image: `${PREFIX}/image`,
  sha256: `${PREFIX}/sha256`,
  /** Which run of which activity started a Job, so that a repeated one takes it over. */
  run: `${PREFIX}/run`,
} as const;

export const MANAGED_BY = 'keelson';

/** A daemon with a few instances on chosen nodes. */
export type ControlDaemon = 'etcd' | 'mds' | 'snapshotclone';

export type Component = 'etcd' | 'mds' | 'chunkserver' | 'snapshotclone' | 'format' | 'tools' | 'templates';

/** A value that Kubernetes accepts in a label, different for different texts. */
export function labelValue(text: string): string {
  const legal = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(text);
  if (legal && text.length <= LABEL_LIMIT) return text;
  const head = plain(text)
    .slice(0, LABEL_LIMIT - HASH_LENGTH - 1)
    .replace(/-$/, '');
  return [head, shortHash(text)].filter((part) => part !== '').join('-');
}

/** Labels on every object of a cluster, and the selector that finds them all. */
export const clusterLabels = (cluster: string, clusterId: string): Record<string, string> => ({
  [LABEL.managedBy]: MANAGED_BY,
  [LABEL.cluster]: labelValue(cluster),
  [LABEL.clusterId]: clusterId,
});

export interface ComponentLabels {
  readonly component: Component;
  readonly instance?: string;
  readonly node?: string;
  readonly device?: string;
}

/** Labels on the objects and pods of one component; also a selector. */
export const componentLabels = (
  cluster: string,
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

/** `key=value,…` as the API server's label selector parameter wants it. */
export const selector = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
