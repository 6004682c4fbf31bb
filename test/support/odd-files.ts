import { stringify } from 'yaml';
import { LEAST, changed } from './curve-documents.ts';

/** A file as some tool or person wrote it. */
export interface OddFile {
  readonly what: string;
  readonly bytes: Uint8Array;
  /** A rule that no schema of Kubernetes holds, or another reader takes it and loses something of it. */
  readonly onlyWeRefuse?: boolean;
}

const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8');

/** The least manifest with lines of one's own: below mds.config, below spec, and instead of the devices. */
function written(own: {
  readonly config?: string;
  readonly spec?: string;
  readonly devices?: string;
}): string {
  return `apiVersion: operator.curve.io/v1
kind: CurveCluster
metadata: {name: odd, namespace: curve}
spec:
  curveVersion: {image: "curve2operator/curvebs:monitor-v1.2.6"}
  nodes: [node1, node2, node3]
  hostDataDir: /curvebs
  storage:
    nodes: [node1, node2, node3]
    devices:
${own.devices ?? '    - {name: /dev/vdc, mountPath: /data/chunkserver0}'}
${own.spec ?? ''}
${own.config === undefined ? '' : `  mds:\n    config:\n      ${own.config}`}
`;
}

/** Words whose meaning differs between versions of YAML, and some whose meaning does not. */
const WORDS = [
  ...[
    'yes',
    'Yes',
    'YES',
    'yEs',
    'no',
    'No',
    'NO',
    'on',
    'On',
    'ON',
    'off',
    'Off',
    'OFF',
    'y',
    'Y',
    'n',
    'N',
  ],
  ...['true', 'True', 'TRUE', 'tRue', 'false', '~', 'null', 'Null', 'NULL', ''],
  ...[
    '0777',
    '0o777',
    '0O17',
    '08',
    '09.5',
    '0x1F',
    '0b101',
    '-0b11',
    '-0x1f',
    '-010',
    '+5',
    '1_000',
    '_1',
    '00',
  ],
  ...[
    '1:30',
    '190:20:30',
    '2024-01-01',
    '2024-01-01T10:00:00Z',
    '1e3',
    '1E3',
    '1.0',
    '1.',
    '.5',
    '-.5',
    '1.10',
  ],
  ...[
    '1e400',
    '.inf',
    '-.Inf',
    '.nan',
    '0.1e-7',
    '12345678901',
    '1.2.3',
    '1-2',
    '+',
    '-',
    '.',
    '0x',
    '0b',
    '1__0',
  ],
  ...['"yes"', "'0777'", '"\\x41\\u00e9"', '!!str yes', '!!str 0777', '!!int "7"', '!!bool yes', '!!float 3'],
  ...['!!int abc', '!own word', '!!binary aGFsbG8=', '<<', '=', 'a b', 'a#b', 'a #b', 'a: b', '@a'],
] as const;

const KEYS = ['on', '0777', '1.5', 'null', '~', '1e3', 'yes', '"no"', '[a]', '? a', '2024-01-01'] as const;

export function oddFiles(): readonly OddFile[] {
  const plain = written({});
  const words = WORDS.map((word) => ({
    what: `the setting ${word}`,
    bytes: utf8(written({ config: `some.key: ${word}` })),
  }));
  const keys = KEYS.map((key) => ({
    what: `the key ${key}`,
    bytes: utf8(written({ config: `${key}: value` })),
  }));
  const texts = Object.entries({ ...documents(plain), ...fields(), ...merges(), ...blocks() });
  return [
    ...words,
    ...keys,
    ...texts.map(([what, text]) => ({ what, bytes: utf8(text) })),
    ...encodings(plain),
    ...['some.key: [1]', 'some.key: {a: 1}', '1:30: value'].map((config) => ({
      what: `the setting ${config}`,
      bytes: utf8(written({ config })),
      onlyWeRefuse: true,
    })),
    {
      what: 'a number with more digits than JavaScript keeps',
      bytes: utf8(written({ config: 'some.key: 9007199254740993' })),
      onlyWeRefuse: true,
    },
  ];
}

function documents(plain: string): Record<string, string> {
  const json = JSON.stringify(LEAST);
  return {
    'a lone --- at the end': `${plain}---\n`,
    'a --- at the beginning with a comment': `# made by a tool\n---\n# more\n${plain}`,
    'a --- with a comment behind': `--- # here\n${plain}`,
    'several empty documents': `---\n---\n${plain}---\n# nothing\n---\n\n---\n`,
    'an end mark': `${plain}...\n`,
    'an end mark and ---': `${plain}...\n---\n${plain.replace('name: odd', 'name: other')}`,
    'a directive': `%YAML 1.1\n---\n${plain}`,
    'two documents': `${plain}---\n${plain.replace('name: odd', 'name: other')}`,
    'two documents, one broken': `${plain}---\na: [\n`,
    'a List': stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [LEAST, changed(LEAST, ['metadata', 'name'], 'b')],
    }),
    'a CurveClusterList': stringify({
      apiVersion: 'operator.curve.io/v1',
      kind: 'CurveClusterList',
      items: [LEAST],
    }),
    'an empty file': '',
    'a file of comments': '# nothing\n',
    JSON: json,
    'JSON with a tab and line breaks': JSON.stringify(LEAST, undefined, '\t'),
    'JSON twice in a row': `${json}\n${json.replace('"my"', '"other"')}\n`,
    'JSON with a key twice': json.replace('"hostDataDir"', '"hostDataDir":"/other","hostDataDir"'),
    'JSON with a comma too many': json.replace('"hostDataDir"', ',"hostDataDir"'),
    'JSON behind ---': `---\n${json}\n`,
    'JSON with a comment': `# made by hand\n${json}`,
    'a list at the top': `- ${json}`,
    'a word at the top': 'hello',
  };
}

function fields(): Record<string, string> {
  return {
    'yes for a switch': written({ spec: '  snapShotClone: {enable: no, port: 5555}' }),
    'off for a switch': written({ spec: '  monitor: {enable: off}' }),
    'a quoted yes for a switch': written({ spec: '  monitor: {enable: "no"}' }),
    'an octal port': written({ spec: '  etcd: {peerPort: 027340}' }),
    'a port with _': written({ spec: '  etcd: {peerPort: 23_801}' }),
    'a port as 1e4': written({ spec: '  etcd: {peerPort: 1e4}' }),
    'a port as text': written({ spec: '  etcd: {peerPort: "23800"}' }),
    'a port with a fraction': written({ spec: '  etcd: {peerPort: 23800.5}' }),
    'nothing for a map': written({ spec: '  etcd:' }),
    'a key twice': written({ config: 'a: 1\n      b: 2\n      a: 3' }),
    'a field twice': written({ spec: '  etcd: {peerPort: 1}\n  etcd: {peerPort: 23801}' }),
    'an unknown field': written({ spec: '  etdc: {peerPort: 23801}' }),
  };
}

function merges(): Record<string, string> {
  const first = '    - &d {name: /dev/vdc, mountPath: /data/chunkserver0, percentage: 30}\n';
  const second = '{name: /dev/vdd, mountPath: /data/chunkserver1}';
  return {
    'a merge first': written({
      devices: `${first}    - {<<: *d, name: /dev/vdd, mountPath: /data/chunkserver1}`,
    }),
    'a merge last': written({
      devices: `${first}    - {name: /dev/vdd, mountPath: /data/chunkserver1, percentage: 10, <<: {percentage: 20}}`,
    }),
    'a merge of a list': written({
      devices: `${first}    - {<<: [{mountPath: /data/chunkserver1, percentage: 20}, *d], name: /dev/vdd}`,
    }),
    'a merge of a word': written({
      devices: `${first}    - {<<: word, name: /dev/vdd, mountPath: /data/c1}`,
    }),
    'a merge of a list of words': written({
      devices: `${first}    - {<<: [a], name: /dev/vdd, mountPath: /data/c1}`,
    }),
    'a quoted merge': written({ devices: `${first}    - {"<<": *d, name: /dev/vdd, mountPath: /data/c1}` }),
    'two merges': written({
      devices: `${first}    - <<: *d\n      <<: {percentage: 10}\n      name: /dev/vdd\n      mountPath: /data/c1`,
    }),
    'a merge in a merge': written({
      devices: `${first}    - &e {<<: *d, name: /dev/vdd, mountPath: /data/c1}\n    - {<<: *e, name: /dev/vde, mountPath: /data/c2}`,
    }),
    'an alias': written({ devices: `    - &d ${second}`, config: 'some.key: &a 5\n      other.key: *a' }),
    'an alias as key': written({ config: 'some.key: &a five\n      *a : 6' }),
    'an unknown alias': written({ config: 'some.key: *nobody' }),
    'an anchor named twice': written({ config: 'a: &x 1\n      b: &x 2\n      c: *x' }),
    'an anchor that holds itself': written({ spec: '  etcd: &e {config: *e}' }),
    'an anchor of another document': `a: &x 1\n---\n${written({ config: 'some.key: *x' })}`,
  };
}

function blocks(): Record<string, string> {
  return {
    'folded text': written({ config: 'some.key: >-\n        one\n        two' }),
    'kept text': written({ config: 'some.key: |-\n        one' }),
    'text on two lines': written({ config: 'some.key: one\n        two' }),
    'a tab between': written({ config: 'some.key:\tone' }),
    'a tab in front': written({ config: 'some.key: one\n\tother.key: two' }),
    'a tab behind': written({ config: 'some.key: one\t' }),
    'no space behind the colon': written({ config: 'some.key:one' }),
    'a wrong indentation': written({ config: 'some.key: one\n     other.key: two' }),
    'an emoji': written({ config: 'some.key: 🚢' }),
  };
}

function encodings(plain: string): readonly OddFile[] {
  const little = Buffer.from(plain, 'utf16le');
  const big = Buffer.from(little).swap16();
  return [
    { what: 'UTF-8 with a mark', bytes: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), utf8(plain)]) },
    { what: 'UTF-16 little endian', bytes: Buffer.concat([Buffer.from([0xff, 0xfe]), little]) },
    { what: 'UTF-16 big endian', bytes: Buffer.concat([Buffer.from([0xfe, 0xff]), big]) },
    { what: 'UTF-16 without a mark', bytes: little },
    { what: 'CRLF', bytes: utf8(plain.replaceAll('\n', '\r\n')) },
    { what: 'CR alone', bytes: utf8(plain.replaceAll('\n', '\r')) },
    { what: 'CRLF and ---', bytes: utf8(`---\r\n${plain.replaceAll('\n', '\r\n')}---\r\n`) },
    { what: 'no line break at the end', bytes: utf8(plain.trimEnd()) },
    { what: 'spaces behind the lines', bytes: utf8(plain.replaceAll('\n', '   \n')) },
    { what: 'a mark and JSON', bytes: utf8(`\uFEFF${JSON.stringify(LEAST)}`) },
  ];
}
