import { describe, expect, test } from 'vitest';
import { accepted, changed, LEAST, layoutFor, SNAPSHOTS } from '../../../../test/support/curve-documents.ts';
import { TEMPLATES } from '../../../../test/support/curve-templates.ts';
import type { ExistingDaemon } from '../facts.ts';
import { chunkserverObjects } from '../objects/chunkserver.ts';
import { etcdObjects } from '../objects/etcd.ts';
import { existingDaemon } from '../objects/existing.ts';
import type { Deployment } from '../objects/manifest.ts';
import { mdsObjects } from '../objects/mds.ts';
import { s3File } from '../objects/s3.ts';
import { snapshotcloneObjects } from '../objects/snapshotclone.ts';
import { checkImmutable } from './immutable.ts';

const disks = ['c', 'd'].map((letter) => ({ name: `/dev/vd${letter}`, mountPath: `/data/${letter}` }));
const document = changed(
  changed(LEAST, ['spec', 'snapShotClone'], SNAPSHOTS),
  ['spec', 'storage', 'devices'],
  disks,
);

/** What would run of the document, read back from its own objects. */
function running(started = true): readonly ExistingDaemon[] {
  const { context, storage } = layoutFor(accepted(document).spec);
  const s3 = s3File(context, 'r');
  return [
    ...etcdObjects(context, TEMPLATES),
    ...mdsObjects(context, TEMPLATES),
    ...storage.flatMap((node) => chunkserverObjects(context, node, TEMPLATES, s3)),
    ...snapshotcloneObjects(context, TEMPLATES, s3),
  ]
    .filter((object): object is Deployment => object.kind === 'Deployment')
    .flatMap((deployment) => existingDaemon(deployment, started) ?? []);
}

const check = (changedDocument: object, daemons = running()) => {
  const { spec } = accepted(changedDocument);
  return checkImmutable(spec, layoutFor(spec), { daemons });
};

type Row = readonly [string, readonly (string | number)[], unknown, readonly string[], RegExp];

const ROWS: readonly Row[] = [
  ['the peer port of etcd', ['spec', 'etcd'], { peerPort: 23801 }, ['spec.etcd.peerPort'], /23800/],
  [
    'both ports of mds',
    ['spec', 'mds'],
    { port: 6701, dummyPort: 7701 },
    ['spec.mds.port', 'spec.mds.dummyPort'],
    /6700/,
  ],
  ['the proxy port', ['spec', 'snapShotClone', 'proxyPort'], 8901, ['spec.snapShotClone.proxyPort'], /8900/],
  [
    'snapshotclone switched off',
    ['spec', 'snapShotClone', 'enable'],
    false,
    ['spec.snapShotClone.enable'],
    /cannot be taken away/,
  ],
  ['hostDataDir', ['spec', 'hostDataDir'], '/other', ['spec.hostDataDir'], /\/curvebs/],
  [
    'the image',
    ['spec', 'curveVersion', 'image'],
    'curve2operator/curvebs:monitor-v1.2.7',
    ['spec.curveVersion.image'],
    /upgrades/,
  ],
  [
    'a mount path',
    ['spec', 'storage', 'devices', 0, 'mountPath'],
    '/data/x',
    ['spec.storage.devices[0].mountPath'],
    /node1 is mounted at \/data\/c already \(the same on 2 more nodes\)/,
  ],
  [
    'the base port',
    ['spec', 'storage', 'port'],
    8300,
    [0, 1].map((i) => `spec.storage.devices[${i}].name`),
    /port 820/,
  ],
  [
    'a disk taken away',
    ['spec', 'storage', 'devices'],
    disks.slice(0, 1),
    ['spec.storage.devices'],
    /cannot be taken away/,
  ],
  [
    'the order of disks',
    ['spec', 'storage', 'devices'],
    disks.toReversed(),
    [1, 0].map((i) => `spec.storage.devices[${i}].name`),
    /would get/,
  ],
];

describe('what exists cannot change:', () => {
  test.each(ROWS)('%s', (_, path, value, expected, message) => {
    const found = check(changed(document, path, value));
    expect(found.map((v) => v.path)).toEqual(expected);
    expect(found[0]?.message).toMatch(message);
    expect(found.every((v) => v.next !== '')).toBe(true);
  });

  test('the address of a node: its daemons would come up under one that nobody knows (B14)', () => {
    const { spec } = accepted(document);
    const moved = running().map((d) => (d.node === 'node2' ? { ...d, ip: '10.199.0.99' } : d));
    expect(checkImmutable(spec, layoutFor(spec), { daemons: moved })).toEqual([
      {
        path: 'spec.nodes[1]',
        value: 'node2',
        message:
          'the address of node2 is 10.0.0.12, and was 10.199.0.99 when the cluster was made, which its data names',
        next: expect.stringContaining('10.199.0.99 again'),
      },
    ]);
  });

  test('a control node', () => {
    // layoutFor gives addresses in the order of the nodes, so that a new one moves those of others
    const daemons = running().map((daemon) => {
      const { ip: _, ...rest } = daemon;
      return rest;
    });
    const found = check(changed(document, ['spec', 'nodes', 1], 'node4'), daemons);
    expect([...new Set(found.map((v) => v.path))]).toEqual(['spec.nodes']);
    expect(found[0]?.message).toMatch(/etcd b runs on node2/);
  });

  test('the order of storage nodes, which decides the zones', () => {
    const found = check(changed(document, ['spec', 'storage', 'nodes'], ['node2', 'node1', 'node3']));
    expect(found.map((v) => v.path)).toEqual(['spec.storage.nodes[1]', 'spec.storage.nodes[0]']);
    expect(found[0]?.message).toMatch(/node1 is in zone1, and would move to zone2/);
  });

  test('a storage node taken away', () => {
    const found = check(changed(document, ['spec', 'storage', 'nodes'], ['node1', 'node2', 'node4']));
    expect(found).toMatchObject([
      { path: 'spec.storage.nodes', message: expect.stringMatching(/node3 holds chunkservers/) },
    ]);
  });
});

describe('what does not exist can change:', () => {
  test('nothing changed is nothing refused', () => {
    expect(check(document)).toEqual([]);
  });

  test('everything, while no container has started', () => {
    const other = changed(
      changed(document, ['spec', 'etcd'], { peerPort: 1 }),
      ['spec', 'hostDataDir'],
      '/other',
    );
    expect(check(other, running(false))).toEqual([]);
  });

  test('disks, while only etcd and mds run', () => {
    const early = running().filter((daemon) => daemon.role === 'etcd' || daemon.role === 'mds');
    expect(
      check(
        changed(document, ['spec', 'storage', 'devices'], [{ name: '/dev/vdx', mountPath: '/data/x' }]),
        early,
      ),
    ).toEqual([]);
  });

  test('new disks and nodes at the end', () => {
    const more = changed(document, ['spec', 'storage', 'devices', 2], {
      name: '/dev/vde',
      mountPath: '/data/e',
    });
    expect(check(changed(more, ['spec', 'storage', 'nodes', 3], 'node4'))).toEqual([]);
  });

  test('settings', () => {
    expect(
      check(changed(document, ['spec', 'mds'], { config: { 'mds.heartbeat.intervalMs': 5000 } })),
    ).toEqual([]);
  });
});
