import { describe, expect, test } from 'vitest';
import { accepted, changed, LEAST, SNAPSHOTS } from '../../../test/support/curve-documents.ts';
import { readCluster } from './read.ts';
import { checkSpec, warnSpec } from './rules.ts';

const disk = (letter: string, mountPath = `/data/${letter}`, percentage = 80) => ({
  name: `/dev/vd${letter}`,
  mountPath,
  percentage,
});

type Path = readonly (string | number)[];
type Row = readonly [why: string, path: Path, value: unknown, found: readonly string[], message: RegExp];

const S3 = 'spec.snapShotClone.s3Config';
const snapshots = (s3Config: object) => ({ ...SNAPSHOTS, s3Config: { ...SNAPSHOTS.s3Config, ...s3Config } });
const storage = (part: object) => ({ ...LEAST.spec.storage, ...part });

const ROWS: readonly Row[] = [
  ['two control nodes', ['spec', 'nodes'], ['node1', 'node2'], ['spec.nodes'], /odd number/],
  ['four control nodes', ['spec', 'nodes'], ['a', 'b', 'c', 'd'], ['spec.nodes'], /odd number/],
  ['no control nodes', ['spec', 'nodes'], [], ['spec.nodes'], /odd number/],
  [
    'a control node twice',
    ['spec', 'nodes', 2],
    'node1',
    ['spec.nodes[2]'],
    /twice, first in spec.nodes\[0\]/,
  ],
  ['a storage node twice', ['spec', 'storage', 'nodes', 2], 'node2', ['spec.storage.nodes[2]'], /twice/],
  [
    'two storage nodes',
    ['spec', 'storage', 'nodes'],
    ['node1', 'node2'],
    ['spec.storage.nodes'],
    /three zones/,
  ],
  ['no disks', ['spec', 'storage', 'devices'], [], ['spec.storage.devices'], /no disk/],
  [
    'a disk twice',
    ['spec', 'storage', 'devices'],
    [disk('c'), disk('c', '/data/x')],
    ['spec.storage.devices[1].name'],
    /twice/,
  ],
  [
    'a disk path with blanks',
    ['spec', 'storage', 'devices', 0, 'name'],
    '/dev/a b',
    ['spec.storage.devices[0].name'],
    /no path/,
  ],
  [
    'a disk path that climbs',
    ['spec', 'storage', 'devices', 0, 'name'],
    '/dev/../etc/x',
    ['spec.storage.devices[0].name'],
    /no path/,
  ],
  [
    'the root as mount path',
    ['spec', 'storage', 'devices', 0, 'mountPath'],
    '/',
    ['spec.storage.devices[0].mountPath'],
    /operating system/,
  ],
  [
    'a system folder as mount path',
    ['spec', 'storage', 'devices', 0, 'mountPath'],
    '/etc/curve',
    ['spec.storage.devices[0].mountPath'],
    /\/etc belongs/,
  ],
  [
    'a folder that holds kubelet',
    ['spec', 'storage', 'devices', 0, 'mountPath'],
    '/var/lib',
    ['spec.storage.devices[0].mountPath'],
    /operating system/,
  ],
  [
    'a mount path that climbs',
    ['spec', 'storage', 'devices', 0, 'mountPath'],
    '/data/../x',
    ['spec.storage.devices[0].mountPath'],
    /"\.\."/,
  ],
  [
    'a mount path with blanks',
    ['spec', 'storage', 'devices', 0, 'mountPath'],
    '/data/a b',
    ['spec.storage.devices[0].mountPath'],
    /letters/,
  ],
  [
    'a mount path twice',
    ['spec', 'storage', 'devices'],
    [disk('c'), disk('d', '/data/c')],
    ['spec.storage.devices[1].mountPath'],
    /also the mount path/,
  ],
  [
    'nested mount paths',
    ['spec', 'storage', 'devices'],
    [disk('c', '/data/a/b'), disk('d', '/data/a')],
    ['spec.storage.devices[1].mountPath'],
    /inside the other/,
  ],
  [
    'a mount path in hostDataDir',
    ['spec', 'storage', 'devices', 0, 'mountPath'],
    '/curvebs/x',
    ['spec.storage.devices[0].mountPath'],
    /hostDataDir/,
  ],
  [
    'hostDataDir in a mount path',
    ['spec', 'hostDataDir'],
    '/data/chunkserver0/x',
    ['spec.storage.devices[0].mountPath'],
    /hostDataDir/,
  ],
  ['hostDataDir at the root', ['spec', 'hostDataDir'], '/', ['spec.hostDataDir'], /operating system/],
  ['hostDataDir in /usr', ['spec', 'hostDataDir'], '/usr/curve', ['spec.hostDataDir'], /\/usr belongs/],
  [
    '100 percent',
    ['spec', 'storage', 'devices', 0, 'percentage'],
    100,
    ['spec.storage.devices[0].percentage'],
    /never be filled/,
  ],
  [
    'mds and etcd on one port',
    ['spec', 'mds'],
    { port: 23790 },
    ['spec.mds.port'],
    /etcd \(clients\).*port 23790 of node1, node2, node3/,
  ],
  ['a port twice in mds', ['spec', 'mds'], { port: 7700 }, ['spec.mds.dummyPort'], /port 7700/],
  [
    'a chunkserver on the port of mds',
    ['spec', 'storage', 'port'],
    6700,
    ['spec.storage.port'],
    /mds of spec.mds.port/,
  ],
  [
    'the third chunkserver on the port of mds',
    ['spec', 'storage'],
    storage({ port: 6698, devices: [disk('c'), disk('d'), disk('e')] }),
    ['spec.storage.port'],
    /chunkserver 2 \(base port \+ 2\)/,
  ],
  [
    'chunkservers beyond the last port',
    ['spec', 'storage'],
    storage({ port: 65535, devices: [disk('c'), disk('d')] }),
    ['spec.storage.port'],
    /up to 65536/,
  ],
  [
    'the proxy on the port of etcd',
    ['spec', 'snapShotClone'],
    { ...SNAPSHOTS, proxyPort: 23800 },
    ['spec.snapShotClone.proxyPort'],
    /etcd \(peers\)/,
  ],
  [
    'too many copysets',
    ['spec', 'storage'],
    storage({
      copySets: 100_000,
      nodes: Array.from({ length: 5000 }, (_, i) => `n${i}`),
      devices: Array.from({ length: 20 }, (_, i) => ({ name: `/dev/sd${i}`, mountPath: `/data/${i}` })),
    }),
    ['spec.storage.copySets'],
    /more copysets/,
  ],
  [
    'snapshots without a service',
    ['spec', 'snapShotClone'],
    { enable: true },
    [`${S3}.nosAddress`, `${S3}.bucketName`, `${S3}.secretRef.name`],
    /needs it/,
  ],
  [
    'snapshots with placeholders',
    ['spec', 'snapShotClone'],
    snapshots({ nosAddress: '<>', bucketName: '<>' }),
    [`${S3}.nosAddress`, `${S3}.bucketName`],
    /needs it/,
  ],
  [
    'a strange S3 address',
    ['spec', 'snapShotClone'],
    snapshots({ nosAddress: 'ftp://x' }),
    [`${S3}.nosAddress`],
    /no address/,
  ],
  [
    'a strange bucket',
    ['spec', 'snapShotClone'],
    snapshots({ bucketName: 'No_Bucket' }),
    [`${S3}.bucketName`],
    /bucket/,
  ],
  [
    'snapshots without keys',
    ['spec', 'snapShotClone'],
    snapshots({ secretRef: undefined }),
    [`${S3}.secretRef.name`],
    /needs it/,
  ],
  [
    'a computed setting of etcd',
    ['spec', 'etcd'],
    { config: { 'listen-peer-urls': 'x' } },
    ['spec.etcd.config.listen-peer-urls'],
    /computes/,
  ],
  [
    'the size of chunks, which no cluster can change',
    ['spec', 'mds'],
    { config: { 'mds.curvefs.defaultChunkSize': '8388608' } },
    ['spec.mds.config["mds.curvefs.defaultChunkSize"]'],
    /is fixed/,
  ],
  [
    'a computed setting in other letters',
    ['spec', 'mds'],
    { config: { 'MDS.Listen.Addr': 'x' } },
    ['spec.mds.config["MDS.Listen.Addr"]'],
    /computes/,
  ],
  [
    'a setting of two lines',
    ['spec', 'mds'],
    { config: { a: 'x\nmds.listen.addr=y' } },
    ['spec.mds.config.a'],
    /one line/,
  ],
  [
    'a setting with a variable',
    ['spec', 'mds'],
    { config: { a: '${prefix}' } },
    ['spec.mds.config.a'],
    /one line/,
  ],
  [
    'a setting with a strange key',
    ['spec', 'mds'],
    { config: { 'a b': 'x' } },
    ['spec.mds.config["a b"]'],
    /no name/,
  ],
  [
    'a setting twice',
    ['spec', 'mds'],
    { config: { ab: 1, AB: 2 } },
    ['spec.mds.config.ab'],
    /same setting as AB/,
  ],
  [
    'Curve 2.7',
    ['spec', 'curveVersion', 'image'],
    'opencurvedocker/curvebs:v2.7',
    ['spec.curveVersion.image'],
    /2\.7/,
  ],
  [
    'Curve 2.5 with a digest',
    ['spec', 'curveVersion', 'image'],
    'host:5000/x/curvebs:v2.5.0-beta@sha256:00',
    ['spec.curveVersion.image'],
    /2\.5\.0/,
  ],
  [
    'CurveFS',
    ['spec', 'curveVersion', 'image'],
    'curve2operator/curvefs:monitor-v2.4.0-beta2',
    ['spec.curveVersion.image'],
    /CurveFS/,
  ],
];

describe('a spec is refused for', () => {
  test.each(ROWS)('%s', (_, path, value, expected, message) => {
    const reading = readCluster(changed(LEAST, path, value));
    const found = reading.ok ? [] : reading.violations;
    expect(found.map((v) => v.path)).toEqual(expected);
    expect(found[0]?.message).toMatch(message);
    expect(found.every((v) => v.next !== '')).toBe(true);
  });
});

describe('a spec is accepted with', () => {
  const good: readonly (readonly [string, Path, unknown])[] = [
    ['five control nodes', ['spec', 'nodes'], ['a', 'b', 'c', 'd', 'e']],
    ['storage on other nodes than control', ['spec', 'storage', 'nodes'], ['x', 'y', 'z']],
    [
      'mds and chunkservers on one port, on different nodes',
      ['spec', 'storage'],
      storage({ nodes: ['x', 'y', 'z'], port: 6700 }),
    ],
    [
      'ports of snapshotclone in use while it is not enabled',
      ['spec', 'snapShotClone'],
      { port: 6700, dummyPort: 6700 },
    ],
    ['snapshots', ['spec', 'snapShotClone'], SNAPSHOTS],
    [
      'an S3 address without scheme',
      ['spec', 'snapShotClone'],
      snapshots({ nosAddress: 's3.example.com:80' }),
    ],
    [
      'mount paths whose names begin alike',
      ['spec', 'storage', 'devices'],
      [disk('c', '/data/a'), disk('d', '/data/ab')],
    ],
    ['a mount path below /var/lib', ['spec', 'storage', 'devices', 0, 'mountPath'], '/var/lib/curve0'],
    ['a disk by its id', ['spec', 'storage', 'devices', 0, 'name'], '/dev/disk/by-id/wwn-0x5000c500a1b2c3d4'],
    ['settings', ['spec', 'mds'], { config: { 'mds.heartbeat.intervalMs': 5000 } }],
    ['the image of 2023', ['spec', 'curveVersion', 'image'], 'opencurvedocker/curvebs:v1.2'],
  ];
  test.each(good)('%s', (_, path, value) => {
    expect(checkSpec(accepted(changed(LEAST, path, value)).spec)).toEqual([]);
  });
});

describe('disks per node', () => {
  const selected = (nodes: readonly object[]) => ({ useSelectedNodes: true, selectedNodes: nodes });
  const three = [
    { node: 'a', devices: [disk('c')] },
    { node: 'b', devices: [disk('c'), disk('d')] },
    { node: 'c', devices: [disk('x', '/other')] },
  ];

  test('are accepted, and then alone', () => {
    const { spec } = accepted(changed(LEAST, ['spec', 'storage'], selected(three)));
    expect(warnSpec(spec)).toEqual([]);
  });

  test('are named by their own path when wrong', () => {
    const reading = readCluster(
      changed(LEAST, ['spec', 'storage'], selected([...three.slice(0, 2), { node: 'a', devices: [] }])),
    );
    expect(reading.ok ? [] : reading.violations.map((v) => v.path)).toEqual([
      'spec.storage.selectedNodes[2].node',
      'spec.storage.selectedNodes[2].devices',
    ]);
  });

  test('are needed when they are asked for', () => {
    const reading = readCluster(
      changed(LEAST, ['spec', 'storage'], { ...LEAST.spec.storage, useSelectedNodes: true }),
    );
    expect(reading.ok ? [] : reading.violations.map((v) => v.path)).toEqual(['spec.storage.selectedNodes']);
  });
});

describe('a person is warned of', () => {
  const rows: readonly (readonly [string, Path, unknown, string])[] = [
    [
      'disks that are nearly full',
      ['spec', 'storage', 'devices', 0, 'percentage'],
      96,
      'spec.storage.devices[0].percentage',
    ],
    ['uneven zones', ['spec', 'storage', 'nodes'], ['a', 'b', 'c', 'd'], 'spec.storage.nodes'],
    [
      'an image without a release',
      ['spec', 'curveVersion', 'image'],
      'opencurvedocker/curvebs:latest',
      'spec.curveVersion.image',
    ],
    ...[
      'harbor.lab:5000/curve/curvebs:ubuntu20.04-v1.2.6',
      'harbor.lab/curve/curvebs:2024.03-build7',
      `harbor.lab/curve/curvebs@sha256:${'0'.repeat(64)}`,
      'harbor.lab:5000/curve/curvebs',
      'harbor.lab/curve/curvebs:20.04',
    ].map(
      (image) =>
        [
          `the unknown release of ${image}`,
          ['spec', 'curveVersion', 'image'],
          image,
          'spec.curveVersion.image',
        ] as const,
    ),
    ...[
      'http://minio.minio.svc:9000',
      'minio.minio.svc.cluster.local',
      'https://minio.minio.svc.k8s.lab',
      'http://minio:9000',
    ].map(
      (nosAddress) =>
        [
          `the S3 address ${nosAddress}, which the resolver of a node does not know`,
          ['spec', 'snapShotClone'],
          { ...SNAPSHOTS, s3Config: { ...SNAPSHOTS.s3Config, nosAddress } },
          'spec.snapShotClone.s3Config.nosAddress',
        ] as const,
    ),
    [
      'selected nodes that are not used',
      ['spec', 'storage', 'selectedNodes'],
      [{ node: 'a', devices: [] }],
      'spec.storage.selectedNodes',
    ],
  ];
  test.each(rows)('%s', (_, path, value, expected) => {
    const { spec } = accepted(changed(LEAST, path, value));
    expect(warnSpec(spec).map((w) => w.path)).toEqual([expected]);
  });

  test('nothing in an ordinary spec', () => {
    expect(warnSpec(accepted(LEAST).spec)).toEqual([]);
    const s3 = { ...SNAPSHOTS.s3Config, nosAddress: 'http://s3.lab.example:9000' };
    const named = changed(LEAST, ['spec', 'snapShotClone'], { ...SNAPSHOTS, s3Config: s3 });
    expect(warnSpec(accepted(named).spec)).toEqual([]);
  });
});
