import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { accepted, changed, LEAST, SAMPLE } from '../../../test/support/curve-documents.ts';
import { readCluster } from './read.ts';
import type { Violation } from '../violation.ts';

const violations = (document: unknown): readonly Violation[] => {
  const reading = readCluster(document);
  return reading.ok ? [] : reading.violations;
};
const sample = parse(SAMPLE) as object;

describe('a document is accepted', () => {
  test('as curve-operator published it', () => {
    expect(readCluster(sample)).toMatchObject({ ok: true, warnings: [] });
  });

  test('as JSON just the same', () => {
    expect(accepted(JSON.parse(JSON.stringify(sample)) as object)).toEqual(accepted(sample));
  });

  test('as the API server gives it back, with status and fields of its own', () => {
    const stored = changed(
      changed(sample, ['status'], { phase: 'Running' }),
      ['metadata', 'resourceVersion'],
      '7',
    );
    expect(accepted(stored)).toEqual(accepted(sample));
  });

  test('with little in it, and gets the ports of the sample', () => {
    const { spec, name, namespace } = accepted(changed(LEAST, ['metadata', 'namespace'], undefined));
    expect({ name, namespace }).toEqual({ name: 'my', namespace: 'default' });
    expect(spec.etcd).toEqual({ peerPort: 23800, clientPort: 23790, config: {} });
    expect(spec.mds).toEqual({ port: 6700, dummyPort: 7700, config: {} });
    expect(spec.storage).toMatchObject({ port: 8200, copySets: 100, useSelectedNodes: false });
    expect(spec.snapShotClone).toMatchObject({ enable: false, port: 5555, dummyPort: 8800, proxyPort: 8900 });
    expect(spec.curveVersion.imagePullPolicy).toBe('IfNotPresent');
  });

  test.each([
    ['an empty pull policy', ['spec', 'curveVersion', 'imagePullPolicy'], ''],
    ['null where nothing is set', ['spec', 'etcd', 'config'], null],
    ['null for a whole part', ['spec', 'monitor'], null],
    ['empty S3 keys', ['spec', 'snapShotClone'], { s3Config: { ak: '', sk: '' } }],
  ])('with %s', (_, path, value) => {
    expect(accepted(changed(LEAST, path, value))).toEqual(accepted(LEAST));
  });

  test('with tidy paths', () => {
    const { spec } = accepted(
      changed(
        changed(LEAST, ['spec', 'hostDataDir'], '//curvebs/'),
        ['spec', 'storage', 'devices', 0, 'mountPath'],
        '/data//a/',
      ),
    );
    expect([spec.hostDataDir, spec.storage.devices[0]?.mountPath]).toEqual(['/curvebs', '/data/a']);
  });

  test('with settings of any plain kind, kept as text', () => {
    const { spec } = accepted(changed(LEAST, ['spec', 'mds', 'config'], { a: 1, b: true, c: 'x', d: 0.05 }));
    expect(spec.mds.config).toEqual({ a: '1', b: 'true', c: 'x', d: '0.05' });
  });

  test('with cleanupConfirm, but with a warning', () => {
    const reading = readCluster(changed(LEAST, ['spec', 'cleanupConfirm'], 'Confirm'));
    expect(reading).toMatchObject({ ok: true, warnings: [{ path: 'spec.cleanupConfirm' }] });
  });

  test('and carries nothing on that is not acted on', () => {
    const { spec } = accepted(changed(sample, ['spec', 'cleanupConfirm'], 'Confirm'));
    const text = JSON.stringify(spec);
    for (const word of ['grafana', 'passWord', 'cleanupConfirm', '"ak"', '"sk"'])
      expect(text).not.toContain(word);
  });
});

describe('a document is refused', () => {
  test.each([
    [
      'an unknown field, with the one that was meant',
      ['spec', 'etcd', 'peerPrt'],
      1,
      'spec.etcd.peerPrt',
      'peerPort',
    ],
    ['an unknown field, with the known ones', ['spec', 'mds', 'colour'], 1, 'spec.mds.colour', 'dummyPort'],
    ['an unknown field of the document', ['specs'], {}, 'specs', 'spec'],
    ['a missing image', ['spec', 'curveVersion', 'image'], undefined, 'spec.curveVersion.image', 'curvebs'],
    ['a missing spec', ['spec'], undefined, 'spec', ''],
    ['text for a port', ['spec', 'mds', 'port'], 'x', 'spec.mds.port', 'Port'],
    ['port 0', ['spec', 'mds', 'port'], 0, 'spec.mds.port', 'Port'],
    ['port 65536', ['spec', 'snapShotClone', 'port'], 65536, 'spec.snapShotClone.port', 'Port'],
    ['half a port', ['spec', 'storage', 'port'], 8200.5, 'spec.storage.port', 'Port'],
    ['no copysets', ['spec', 'storage', 'copySets'], 0, 'spec.storage.copySets', 'Copysets'],
    [
      '0 percent',
      ['spec', 'storage', 'devices', 0, 'percentage'],
      0,
      'spec.storage.devices[0].percentage',
      '95',
    ],
    [
      '101 percent',
      ['spec', 'storage', 'devices', 0, 'percentage'],
      101,
      'spec.storage.devices[0].percentage',
      '95',
    ],
    [
      'a relative mount path',
      ['spec', 'storage', 'devices', 0, 'mountPath'],
      'data',
      'spec.storage.devices[0].mountPath',
      '/data',
    ],
    [
      'a device outside of /dev',
      ['spec', 'storage', 'devices', 0, 'name'],
      'vdc',
      'spec.storage.devices[0].name',
      '/dev',
    ],
    ['a relative hostDataDir', ['spec', 'hostDataDir'], 'curvebs', 'spec.hostDataDir', '/curvebs'],
    [
      'another pull policy',
      ['spec', 'curveVersion', 'imagePullPolicy'],
      'Sometimes',
      'spec.curveVersion.imagePullPolicy',
      '',
    ],
    ['a list as a setting', ['spec', 'mds', 'config'], { a: [1] }, 'spec.mds.config.a', ''],
    ['another kind', ['kind'], 'Curvefs', 'kind', ''],
    ['a name that Kubernetes refuses', ['metadata', 'name'], 'My_Cluster', 'metadata.name', ''],
    ['monitoring', ['spec', 'monitor'], { enable: true }, 'spec.monitor.enable', 'false'],
    ['stand-alone mode', ['spec', 'nodes'], ['node1'], 'spec.nodes', 'three'],
  ])('for %s', (_, path, value, expected, hint) => {
    const found = violations(changed(LEAST, path, value));
    expect(found.map((v) => v.path)).toContain(expected);
    const violation = found.find((v) => v.path === expected);
    expect(violation?.message).not.toBe('');
    expect(violation?.next).toContain(hint);
  });

  test.each([['ak'], ['sk']])('for a key in %s, which is not repeated', (field) => {
    for (const key of ['AKIA-secret-key', 8_675_309]) {
      const found = violations(changed(LEAST, ['spec', 'snapShotClone'], { s3Config: { [field]: key } }));
      expect(found).toMatchObject([{ path: `spec.snapShotClone.s3Config.${field}` }]);
      expect(JSON.stringify(found)).not.toContain(String(key));
    }
    const [violation] = violations(changed(LEAST, ['spec', 'snapShotClone'], { s3Config: { [field]: 'x' } }));
    expect(violation?.next).toMatch(
      /field "ak" or "sk" of a Secret.*kubectl -n <namespace> create secret generic/s,
    );
  });

  test.each([
    ['a list', [{ ak: 'AKIA-secret-key' }]],
    ['text', 'ak: AKIA-secret-key'],
  ])('for %s where S3 belongs, which is not repeated', (_, value) => {
    const found = violations(changed(LEAST, ['spec', 'snapShotClone'], { s3Config: value }));
    expect(found).toMatchObject([
      { path: 'spec.snapShotClone.s3Config', message: 'must be a map of fields' },
    ]);
    expect(JSON.stringify(found)).not.toContain('AKIA');
  });

  test('for everything at once: shape, unknown fields and rules', () => {
    const document = [
      [['spec', 'etcd'], { peerPrt: 1 }],
      [['spec', 'mds'], { port: 'x', config: { 'mds.listen.addr': 'y' } }],
      [['spec', 'hostDataDir'], '/usr/curve'],
      [
        ['spec', 'nodes'],
        ['node1', 'node1', 'node2'],
      ],
      [['spec', 'monitor'], { enable: true }],
    ].reduce<object>((doc, [path, value]) => changed(doc, path as string[], value), LEAST);
    expect(violations(document).map((v) => v.path)).toEqual([
      'spec.etcd.peerPrt',
      'spec.mds.port',
      'spec.monitor.enable',
      'spec.nodes[1]',
      'spec.hostDataDir',
      'spec.mds.config["mds.listen.addr"]',
    ]);
  });

  test('for stand-alone mode together with whatever else is wrong', () => {
    const document = changed(changed(LEAST, ['spec', 'nodes'], ['node1']), ['spec', 'hostDataDir'], '/');
    expect(violations(document).map((v) => v.path)).toEqual(['spec.nodes', 'spec.hostDataDir']);
  });

  test('without false alarms beside a wrong value', () => {
    const document = changed(LEAST, ['spec', 'nodes', 1], 7);
    expect(violations(document)).toMatchObject([
      { path: 'spec.nodes[1]', value: 7, message: 'must be text' },
    ]);
  });

  test.each([[undefined], [null], ['text'], [[]], [7]])('for no document at all: %j', (nothing) => {
    expect(violations(nothing).length).toBeGreaterThan(0);
  });
});
