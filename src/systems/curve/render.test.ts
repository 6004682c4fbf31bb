import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { accepted, changed, LEAST, layoutFor, SNAPSHOTS } from '../../../test/support/curve-documents.ts';
import { TEMPLATES } from '../../../test/support/curve-templates.ts';
import type { CurveContext } from './layout.ts';
import {
  renderChunkserver,
  renderEtcd,
  renderMds,
  renderS3,
  renderSnapshotclone,
  renderTools,
} from './render.ts';
import { COMPUTED_KEYS } from './settings.ts';

const contextOf = (document: object): CurveContext => layoutFor(accepted(document).spec).context;
const plain = contextOf(LEAST);
const snapshots = contextOf(changed(LEAST, ['spec', 'snapShotClone'], SNAPSHOTS));

const at = <T>(list: readonly T[], index: number): T => {
  const found = list[index];
  if (found === undefined) throw new Error(`nothing at ${index}`);
  return found;
};
const withSettings = (role: 'etcd' | 'mds', config: object) =>
  contextOf(changed(LEAST, ['spec', role], { config }));

describe('etcd.conf', () => {
  const second = renderEtcd(TEMPLATES, plain, at(plain.etcd, 1));

  test.each([
    'name: etcd10',
    'data-dir: /curvebs/etcd/data',
    'wal-dir: /curvebs/etcd/data/wal',
    'listen-peer-urls: http://10.0.0.12:23800',
    'initial-advertise-peer-urls: http://10.0.0.12:23800',
    'listen-client-urls: http://10.0.0.12:23790',
    'advertise-client-urls: http://10.0.0.12:23790',
    'initial-cluster: etcd00=http://10.0.0.11:23800,etcd10=http://10.0.0.12:23800,etcd20=http://10.0.0.13:23800',
    '# This is the configuration file for the etcd server.',
    'snapshot-count: 10000',
    'cors:',
    "proxy: 'off'",
  ])('has the line %s', (line) => {
    expect(second.split('\n')).toContain(line);
  });

  test('keeps every line in its place', () => {
    expect(second.split('\n')).toHaveLength((TEMPLATES['etcd.conf'] ?? '').split('\n').length);
  });

  test('says the same after its context has travelled as JSON', () => {
    const member = JSON.parse(JSON.stringify(at(plain.etcd, 1))) as (typeof plain.etcd)[number];
    expect(renderEtcd(TEMPLATES, plain, member)).toBe(second);
  });

  test('takes settings of the spec, also such as the template lacks', () => {
    const context = withSettings('etcd', { 'Snapshot-Count': 5000, 'max-txn-ops': 256 });
    const lines = renderEtcd(TEMPLATES, context, at(context.etcd, 0)).split('\n');
    expect(lines).toContain('snapshot-count: 5000');
    expect(lines).not.toContain('snapshot-count: 10000');
    expect(lines.at(-2)).toBe('max-txn-ops: 256');
  });

  // As etcd reads the file, not as it is spelled: text that means something in YAML must arrive as that text.
  test.each([
    ['cors', '*', '*'],
    ['cors', 'https://a.example: 1', 'https://a.example: 1'],
    ['cors', '[a', '[a'],
    ['cors', '{a}', '{a}'],
    ['cors', '& #x', '& #x'],
    ['cors', 'a # b', 'a # b'],
    ['cors', `it's "so" \\ ~`, `it's "so" \\ ~`],
    ['cors', '', ''],
    ['cors', 'null', 'null'],
    ['auto-compaction-retention', '1h', '1h'],
    ['snapshot-count', '5000', 5000],
    ['heartbeat-interval', 100, 100],
    ['pre-vote', false, false],
    ['enable-v2', 'True', true],
    ['log-outputs', '[stderr, /var/log/etcd.log]', ['stderr', '/var/log/etcd.log']],
  ])('gives etcd the setting %s: %s as what it is', (key, value, read) => {
    const context = withSettings('etcd', { [key]: value });
    expect(parse(renderEtcd(TEMPLATES, context, at(context.etcd, 0)))).toMatchObject({ [key]: read });
  });
});

describe('mds.conf', () => {
  const third = renderMds(TEMPLATES, snapshots, at(snapshots.mds, 2)).split('\n');

  test.each([
    'mds.listen.addr=10.0.0.13:6700',
    'mds.dummy.listen.port=7700',
    'global.port=6700',
    // clients' ports, not peers'
    'mds.etcd.endpoint=10.0.0.11:23790,10.0.0.12:23790,10.0.0.13:23790',
    // the proxies, not snapshotclone itself
    'mds.snapshotcloneclient.addr=10.0.0.11:8900,10.0.0.12:8900,10.0.0.13:8900',
    'mds.common.logDir=/curvebs/mds/logs',
    'mds.heartbeat.intervalMs=10000',
    '# mds服务端口 (${unknown_variable} in a comment stays)',
  ])('has the line %s', (line) => {
    expect(third).toContain(line);
  });

  test('has an empty address of snapshotclone while there is none', () => {
    expect(renderMds(TEMPLATES, plain, at(plain.mds, 0))).toContain('\nmds.snapshotcloneclient.addr=\n');
  });

  test('takes settings of the spec by key', () => {
    const context = withSettings('mds', { 'mds.heartbeat.intervalMs': 5000 });
    expect(renderMds(TEMPLATES, context, at(context.mds, 0))).toContain('\nmds.heartbeat.intervalMs=5000\n');
  });
});

describe('what cannot be set by hand', () => {
  test.each(['etcd', 'mds'] as const)('covers every variable line of %s.conf', (role) => {
    const delimiter = role === 'etcd' ? ':' : '=';
    const computed = (TEMPLATES[`${role}.conf`] ?? '')
      .split('\n')
      .filter((line) => line.includes('${') && !line.startsWith('#'))
      .map((line) => (line.split(delimiter)[0] ?? '').toLowerCase());
    expect(computed.filter((key) => !COMPUTED_KEYS[role].has(key))).toEqual([]);
  });
});

test('chunkserver.conf and cs_client.conf name the chunkserver and all mds', () => {
  const files = renderChunkserver(TEMPLATES, plain, { node: 'node2', ip: '10.0.0.12', port: 8201 });
  const mds = 'mds.listen.addr=10.0.0.11:6700,10.0.0.12:6700,10.0.0.13:6700';
  expect(files['chunkserver.conf'].split('\n')).toEqual([
    'global.ip=10.0.0.12',
    'global.port=8201',
    'global.external_ip=10.0.0.12',
    mds,
    'chunkserver.stor_uri=local:///curvebs/chunkserver/data',
    's3.config_path=/curvebs/chunkserver/conf/s3.conf',
    'chunkserver.common.logDir=/curvebs/chunkserver/logs',
    '',
  ]);
  expect(files['cs_client.conf']).toBe(`${mds}\nglobal.logPath=/curvebs/chunkserver/logs\n`);
});

test('snapshotclone has its own address, and its proxy finds all of them', () => {
  const files = renderSnapshotclone(TEMPLATES, snapshots, at(snapshots.snapshotclone, 0));
  expect(files['snapshotclone.conf']).toContain('server.address=10.0.0.11:5555\n');
  expect(files['snapshotclone.conf']).toContain('server.dummy.listen.port=8800\n');
  expect(files['snap_client.conf']).toContain('global.logPath=/curvebs/snapshotclone/logs\n');
  expect(files['nginx.conf']).toContain('listen 10.0.0.11:8900;');
  expect(files['nginx.conf']).toContain(
    '        server 10.0.0.11:5555; server 10.0.0.12:5555; server 10.0.0.13:5555;\n',
  );
  // nginx's own variables have no braces
  expect(files['nginx.conf']).toContain(`'$remote_addr "$request" $status'`);
});

test('tools.conf lists everybody', () => {
  expect(renderTools(TEMPLATES, snapshots).split('\n')).toEqual([
    '# mds地址',
    'mdsAddr=10.0.0.11:6700,10.0.0.12:6700,10.0.0.13:6700',
    'mdsDummyPort=7700,7700,7700',
    'rpcTimeout=500',
    'etcdAddr=10.0.0.11:23790,10.0.0.12:23790,10.0.0.13:23790',
    'snapshotCloneAddr=10.0.0.11:5555,10.0.0.12:5555,10.0.0.13:5555',
    'snapshotCloneDummyPort=8800,8800,8800',
    'rootUserName=root',
    '',
  ]);
});

describe('s3.conf', () => {
  test('has both spellings and the keys', () => {
    expect(renderS3(TEMPLATES, snapshots.s3, { ak: 'A', sk: 'S$&=' }).split('\n')).toEqual([
      '# S3 options',
      's3.nos_address=http://10.0.0.5:9000',
      's3.snapshot_bucket_name=snapshots',
      's3.ak=A',
      's3.sk=S$&=',
      '# http = 0, https = 1',
      's3.http_scheme=0',
      's3.endpoint=http://10.0.0.5:9000',
      's3.bucket_name=snapshots',
      '',
    ]);
  });

  test("keeps the image's values without snapshotclone", () => {
    expect(renderS3(TEMPLATES, undefined, undefined)).toBe(TEMPLATES['s3.conf']);
  });
});

describe('a template is refused', () => {
  test('with a variable that nobody knows', () => {
    const odd = { ...TEMPLATES, 'mds.conf': 'a=${new_thing}\n' };
    expect(() => renderMds(odd, plain, at(plain.mds, 0))).toThrow(/mds\.conf.*\$\{new_thing\}/);
  });

  test('with a variable that only objects have', () => {
    const odd = { ...TEMPLATES, 'mds.conf': 'a=${constructor}\n' };
    expect(() => renderMds(odd, plain, at(plain.mds, 0))).toThrow(/constructor/);
  });

  test('when it is missing', () => {
    expect(() => renderTools({}, plain)).toThrow(/tools\.conf/);
  });
});
