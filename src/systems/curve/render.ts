import type { CurveContext, EtcdMember, MdsInstance, S3Reference, SnapshotcloneInstance } from './layout.ts';

/**
 * Configuration files out of the image's templates (docs/curve.md#configuration-files): lines `key=${variable}` (etcd: `key: ${variable}`)
 * get this instance's values, settings of the spec go over them by key, everything else stays as the image has it,
 * comments included.
 */

/** Files below /curvebs/conf of the image, by name. */
export type Templates = Readonly<Record<string, string>>;

/** The files that the phases need; an image without one of them is refused. */
export const TEMPLATE_FILES = [
  'chunkserver.conf',
  'cs_client.conf',
  'etcd.conf',
  'mds.conf',
  'nginx.conf',
  's3.conf',
  'snap_client.conf',
  'snapshotclone.conf',
  'tools.conf',
] as const;
export type TemplateFile = (typeof TEMPLATE_FILES)[number];

/** A template that cannot be filled in: a person must look at the image. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

type Variables = Readonly<Record<string, string | number>>;
type Settings = Readonly<Record<string, string>>;

/** Where one instance of a role runs, as the templates call it. */
interface Place {
  readonly role: 'etcd' | 'mds' | 'chunkserver' | 'snapshotclone' | 'tools';
  readonly ip: string;
  readonly node: string;
  readonly id: string;
}

interface Rendering {
  readonly file: TemplateFile;
  readonly variables: Variables;
  readonly settings?: Settings;
  /** nginx.conf has no keys. */
  readonly delimiter?: '=' | ': ';
}

export const renderEtcd = (templates: Templates, context: CurveContext, member: EtcdMember): string =>
  render(templates, {
    file: 'etcd.conf',
    delimiter: ': ',
    variables: {
      ...placeVariables({ role: 'etcd', ...member }),
      ...clusterVariables(context),
      service_port: member.peerPort,
      service_client_port: member.clientPort,
      service_host_sequence: context.etcd.findIndex((other) => other.id === member.id),
      service_replica_sequence: 0,
      service_instances_sequence: 0,
    },
    settings: context.etcdConfig,
  });

export const renderMds = (templates: Templates, context: CurveContext, mds: MdsInstance): string =>
  render(templates, {
    file: 'mds.conf',
    delimiter: '=',
    variables: {
      ...placeVariables({ role: 'mds', ...mds }),
      ...clusterVariables(context),
      service_port: mds.port,
      service_dummy_port: mds.dummyPort,
    },
    settings: context.mdsConfig,
  });

/** chunkserver.conf and cs_client.conf of one chunkserver; s3.conf comes from a Secret. */
export function renderChunkserver(
  templates: Templates,
  context: CurveContext,
  chunkserver: { readonly node: string; readonly ip: string; readonly port: number },
): Readonly<Record<'chunkserver.conf' | 'cs_client.conf', string>> {
  const variables = {
    ...placeVariables({ role: 'chunkserver', id: '', ...chunkserver }),
    ...clusterVariables(context),
    service_port: chunkserver.port,
    service_external_port: chunkserver.port,
  };
  const file = (name: TemplateFile) => render(templates, { file: name, delimiter: '=', variables });
  return { 'chunkserver.conf': file('chunkserver.conf'), 'cs_client.conf': file('cs_client.conf') };
}

/** The three files of one snapshotclone; s3.conf comes from a Secret. */
export function renderSnapshotclone(
  templates: Templates,
  context: CurveContext,
  instance: SnapshotcloneInstance,
): Readonly<Record<'snapshotclone.conf' | 'snap_client.conf' | 'nginx.conf', string>> {
  const variables = {
    ...placeVariables({ role: 'snapshotclone', ...instance }),
    ...clusterVariables(context),
    service_port: instance.port,
    service_dummy_port: instance.dummyPort,
    service_proxy_port: instance.proxyPort,
  };
  const file = (name: TemplateFile) => render(templates, { file: name, delimiter: '=', variables });
  return {
    'snapshotclone.conf': file('snapshotclone.conf'),
    'snap_client.conf': file('snap_client.conf'),
    'nginx.conf': render(templates, { file: 'nginx.conf', variables }),
  };
}

/** /etc/curve/tools.conf: the same for everybody who calls the tools. */
export const renderTools = (templates: Templates, context: CurveContext): string =>
  render(templates, {
    file: 'tools.conf',
    delimiter: '=',
    variables: { prefix: '/curvebs/tools', ...clusterVariables(context) },
  });

/**
 * s3.conf, with the keys in it: belongs into a Secret. Both spellings of the keys that releases use are written; the
 * daemons ignore what they do not know. Without snapshotclone the image's own values stay: chunkservers want the file.
 */
export function renderS3(
  templates: Templates,
  s3: S3Reference | undefined,
  keys: { readonly ak: string; readonly sk: string } | undefined,
): string {
  const settings: Settings =
    s3 === undefined || keys === undefined
      ? {}
      : {
          's3.endpoint': s3.endpoint,
          's3.bucket_name': s3.bucket,
          's3.nos_address': s3.endpoint,
          's3.snapshot_bucket_name': s3.bucket,
          's3.ak': keys.ak,
          's3.sk': keys.sk,
        };
  return render(templates, { file: 's3.conf', delimiter: '=', variables: {}, settings });
}

function placeVariables({ role, ip, node, id }: Place): Variables {
  const prefix = `/curvebs/${role}`;
  return {
    prefix,
    service_role: role,
    service_host: node,
    service_id: id,
    service_addr: ip,
    service_external_addr: ip,
    log_dir: `${prefix}/logs`,
    data_dir: `${prefix}/data`,
  };
}

function clusterVariables({ etcd, mds, snapshotclone }: CurveContext): Variables {
  const comma = (parts: readonly (string | number)[]): string => parts.join(',');
  return {
    cluster_etcd_http_addr: comma(etcd.map((m) => `${m.name}=http://${m.ip}:${m.peerPort}`)),
    cluster_etcd_addr: comma(etcd.map((m) => `${m.ip}:${m.clientPort}`)),
    cluster_mds_addr: comma(mds.map((m) => `${m.ip}:${m.port}`)),
    cluster_mds_dummy_addr: comma(mds.map((m) => `${m.ip}:${m.dummyPort}`)),
    cluster_mds_dummy_port: comma(mds.map((m) => m.dummyPort)),
    cluster_snapshotclone_addr: comma(snapshotclone.map((s) => `${s.ip}:${s.port}`)),
    cluster_snapshotclone_proxy_addr: comma(snapshotclone.map((s) => `${s.ip}:${s.proxyPort}`)),
    cluster_snapshotclone_dummy_port: comma(snapshotclone.map((s) => s.dummyPort)),
    cluster_snapshotclone_nginx_upstream: snapshotclone.map((s) => `server ${s.ip}:${s.port};`).join(' '),
  };
}

function render(templates: Templates, { file, variables, settings = {}, delimiter }: Rendering): string {
  const template = templates[file];
  if (template === undefined) throw new TemplateError(`the image brings no /curvebs/conf/${file}`);
  const unused = new Map(Object.entries(settings).map(([key, value]) => [key.toLowerCase(), { key, value }]));
  const lines = template
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => {
      const key = delimiter === undefined ? undefined : keyOf(line, delimiter);
      const setting = key === undefined ? undefined : unused.get(key.toLowerCase());
      if (key === undefined || setting === undefined) return substitute(line, variables, file);
      unused.delete(key.toLowerCase());
      return lineOf(key, delimiter, setting.value);
    });
  const added = [...unused.values()].map(({ key, value }) => lineOf(key, delimiter, value));
  return `${[...lines, ...added].join('\n')}\n`;
}

/** One setting of the spec. `key=value` files take the rest of the line as it is; etcd reads YAML. */
const lineOf = (key: string, delimiter: Rendering['delimiter'], value: string): string =>
  `${key}${delimiter}${delimiter === ': ' ? yamlValue(value) : value}`;

/** What YAML reads as a number, a boolean or a list of words: the types that etcd's settings have beside text. */
const TYPED = /^(?:-?\d+(?:\.\d+)?|true|false|\[ *[\w/][\w./-]*(?: *, *[\w/][\w./-]*)* *\])$/i;

/** Every other text is quoted, whatever YAML would make of it; a string of JSON is one of YAML. */
const yamlValue = (value: string): string => (TYPED.test(value) ? value : JSON.stringify(value));

/** The key of a `key=value` or `key: value` line; nothing for comments, empty and other lines. */
function keyOf(line: string, delimiter: '=' | ': '): string | undefined {
  const mark = delimiter.trim();
  const at = line.indexOf(mark);
  const key = line.slice(0, Math.max(0, at)).trim();
  return at < 0 || !/^[A-Za-z0-9._-]+$/.test(key) ? undefined : key;
}

/** Comments may talk about variables that nobody fills in. */
const isComment = (line: string): boolean => line.trimStart().startsWith('#');

function substitute(line: string, variables: Variables, file: TemplateFile): string {
  return line.replace(/\$\{([A-Za-z0-9_]+)\}/g, (whole, name: string) => {
    if (Object.hasOwn(variables, name)) return String(variables[name]);
    if (isComment(line)) return whole;
    throw new TemplateError(`${file} of the image uses the variable \${${name}}, which has no value here`);
  });
}
