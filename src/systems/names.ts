import type { ResourceRef } from './operation.ts';

/**
 * What names and labels of objects are made of: stable, bounded to what Kubernetes accepts, and different for different
 * things, also when several clusters live in one namespace.
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

export const shortHash = (text: string): string => fingerprint(text).slice(-HASH_LENGTH);

/** The text itself where it fits, else its beginning and a hash of the whole. */
export function bounded(text: string, limit = LABEL_LIMIT): string {
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

/** `a` … `z`, `aa` …: the letters that tell the instances of a daemon apart. */
export function instanceLetters(index: number): string {
  const rest = Math.floor(index / 26);
  const letter = String.fromCharCode(97 + (index % 26));
  return rest === 0 ? letter : instanceLetters(rest - 1) + letter;
}

/** Ends with the attempt, whatever had to be cut. */
export const numbered = (text: string, attempt: number): string =>
  `${bounded(text, LABEL_LIMIT - 1 - String(attempt).length)}-${attempt}`;

/** Prefix of all our label and annotation keys. */
const PREFIX = 'keelson.io';

export const LABEL = {
  managedBy: 'app.kubernetes.io/managed-by',
  name: 'app.kubernetes.io/name',
  component: 'app.kubernetes.io/component',
  system: `${PREFIX}/system`,
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
  /** InternalIP of the node when the daemon was made: what it keeps on disk names it. */
  ip: `${PREFIX}/ip`,
  attempt: `${PREFIX}/attempt`,
  /** The image that templates came out of. */
  image: `${PREFIX}/image`,
  sha256: `${PREFIX}/sha256`,
  /** Which run of which activity started a Job, so that a repeated one takes it over. */
  run: `${PREFIX}/run`,
} as const;

export const MANAGED_BY = 'keelson';

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
export const clusterLabels = (
  { system, name }: Pick<ResourceRef, 'system' | 'name'>,
  clusterId: string,
): Record<string, string> => ({
  [LABEL.managedBy]: MANAGED_BY,
  [LABEL.system]: system,
  [LABEL.cluster]: labelValue(name),
  [LABEL.clusterId]: clusterId,
});

/** `key=value,…` as the API server's label selector parameter wants it. */
export const selector = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

/** ConfigMap that keeps the cluster id of a resource; survives the resource. */
export const clusterIdName = (resource: string): string => bounded(`${resource}-keelson`, 253);
