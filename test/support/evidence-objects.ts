import type { Cluster } from './cluster.ts';
import type { Sandbox } from './sandbox.ts';

export interface ObjectEvidence {
  /** By `<kind>/<name>`: everything that Keelson decides about the object. */
  readonly lasting: Readonly<Record<string, unknown>>;
  /** Jobs by name without the number of their run; true: one of them succeeded. */
  readonly jobs: Readonly<Record<string, boolean>>;
}

interface Thing {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly spec?: unknown;
  readonly data?: Record<string, string>;
  readonly status?: { readonly succeeded?: number };
}

const LASTING = 'configmaps,secrets,services,deployments,statefulsets,daemonsets,persistentvolumeclaims';

/** Every object in the cluster's namespace, also such as carry none of our labels: a duplicate must show. */
export async function objectEvidence(
  box: Sandbox,
  { namespace }: Cluster,
  clusterId: string,
): Promise<ObjectEvidence> {
  const things = await box.list<Thing>(LASTING, '-n', namespace);
  const jobs = await box.list<Thing>('jobs', '-n', namespace);
  const { accessKey, secretKey } = box.status.s3;
  const secrets = [
    [clusterId, '<cluster id>'],
    [accessKey, '<access key>'],
    [secretKey, '<secret key>'],
  ] as const;
  const plain = (text: string): string =>
    secrets.reduce((t, [value, name]) => t.replaceAll(value, name), text);
  const lasting = things
    // Kubernetes itself puts this one into every namespace.
    .filter((t) => t.metadata.name !== 'kube-root-ca.crt')
    .map((t) => [`${t.kind}/${t.metadata.name}`, JSON.parse(plain(JSON.stringify(decided(t))))] as const);
  return {
    lasting: Object.fromEntries(lasting.sort(([a], [b]) => a.localeCompare(b))),
    jobs: Object.fromEntries(
      [...Map.groupBy(jobs, (j) => j.metadata.name.replace(/-\d+$/, ''))]
        .map(([name, runs]) => [name, runs.some((j) => (j.status?.succeeded ?? 0) > 0)] as const)
        .sort(([a], [b]) => a.localeCompare(b)),
    ),
  };
}

/** Names of all Jobs, with the number of their run: more than in an undisturbed run only where a run was killed. */
export async function jobNames(box: Sandbox, { namespace }: Cluster): Promise<string[]> {
  return (await box.list<Thing>('jobs', '-n', namespace)).map((j) => j.metadata.name).sort();
}

/** Hash of the configuration, in which the keyed hash of the S3 keys stands: compared by the configuration itself. */
const CONFIG_HASH = 'keelson.io/config';

function decided(thing: Thing): unknown {
  const { annotations = {}, labels = {} } = thing.metadata;
  const decode = ([key, value]: [string, string]): [string, string] =>
    thing.kind === 'Secret' ? [key, Buffer.from(value, 'base64').toString()] : [key, value];
  return {
    labels,
    annotations: without(annotations, ['kubectl.kubernetes.io/last-applied-configuration']),
    ...(thing.data === undefined ? {} : { data: Object.fromEntries(Object.entries(thing.data).map(decode)) }),
    ...(thing.spec === undefined ? {} : { spec: dropped(thing.spec, CONFIG_HASH) }),
  };
}

const without = (record: Record<string, string>, keys: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));

function dropped(value: unknown, key: string): unknown {
  return JSON.parse(JSON.stringify(value, (k: string, v: unknown) => (k === key ? undefined : v)));
}
