import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { curveRef } from '../../../test/support/curve-ids.ts';
import { accepted, changed, LEAST, layoutFor, SNAPSHOTS } from '../../../test/support/curve-documents.ts';
import { type CurveLayout, layoutOf, ZONES } from './layout.ts';
import { portClaims } from './port-claims.ts';

const nodeNames = (count: number) => Array.from({ length: count }, (_, i) => `node${i + 1}`);

/** Documents that break no rule: any number of control nodes, storage nodes and disks. */
const documents = fc
  .record({
    control: fc.constantFrom(3, 5, 7),
    storage: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 3, maxLength: 30 }),
    apart: fc.boolean(),
    snapshots: fc.boolean(),
    copySets: fc.integer({ min: 1, max: 500 }),
    base: fc.integer({ min: 30_000, max: 60_000 }),
  })
  .map(({ control, storage, apart, snapshots, copySets, base }) => ({
    ...LEAST,
    spec: {
      ...LEAST.spec,
      nodes: nodeNames(control),
      storage: {
        useSelectedNodes: true,
        port: base,
        copySets,
        selectedNodes: storage.map((disks, i) => ({
          node: apart ? `store${i}` : `node${i + 1}`,
          devices: Array.from({ length: disks }, (_, d) => ({
            name: `/dev/sd${d}`,
            mountPath: `/data/${d}`,
          })),
        })),
      },
      ...(snapshots ? { snapShotClone: SNAPSHOTS } : {}),
    },
  }));

const layouts = documents.map((document) => layoutFor(accepted(document).spec));
const always = (check: (layout: CurveLayout) => void) =>
  fc.assert(fc.property(layouts, check), { numRuns: 60 });

const nodesIn = ({ context, storage }: CurveLayout) => [
  ...new Set([...context.etcd, ...storage].map((s) => s.node)),
];

describe('every layout', () => {
  test('takes no port of a node twice', () => {
    always((layout) => {
      for (const node of nodesIn(layout)) {
        const ports = portClaims(layout, node).map((claim) => claim.port);
        expect(new Set(ports).size).toBe(ports.length);
      }
    });
  });

  test('spreads the nodes evenly over the zones', () => {
    always(({ storage }) => {
      const sizes = ZONES.map((zone) => storage.filter((s) => s.zone === zone).length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(sizes.reduce((a, b) => a + b)).toBe(storage.length);
    });
  });

  test('gives each disk the base port plus its place', () => {
    always(({ storage }) => {
      for (const { disks } of storage) {
        expect(disks.map((d) => d.port - (disks[0]?.port ?? 0))).toEqual(disks.map((_, i) => i));
        expect(disks.map((d) => d.index)).toEqual(disks.map((_, i) => i));
      }
    });
  });

  test('puts one etcd, one mds and, when wanted, one snapshotclone on every control node', () => {
    always(({ context }) => {
      const nodes = context.etcd.map((m) => m.node);
      expect(context.mds.map((m) => m.node)).toEqual(nodes);
      const snapshots = context.snapshotclone.map((m) => m.node);
      expect(snapshots).toEqual(snapshots.length > 0 ? nodes : []);
      expect(new Set(context.etcd.map((m) => m.name)).size).toBe(nodes.length);
    });
  });

  test('keeps zones and ports of what is there when nodes are added at the end', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const before = layoutFor(accepted(document).spec);
        const { selectedNodes } = document.spec.storage;
        const added = [
          ...selectedNodes,
          { node: 'another', devices: [{ name: '/dev/x', mountPath: '/data/x' }] },
        ];
        const after = layoutFor(
          accepted(changed(document, ['spec', 'storage', 'selectedNodes'], added)).spec,
        );
        const places = ({ storage }: CurveLayout) =>
          storage.map(({ node, zone, disks }) => ({ node, zone, disks }));
        expect(places(after).slice(0, -1)).toEqual(places(before));
      }),
      { numRuns: 30 },
    );
  });

  test('has a third of all copysets, and one at least', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const { storage, pool } = layoutFor(accepted(document).spec);
        const chunkservers = storage.reduce((sum, s) => sum + s.disks.length, 0);
        expect(pool.copysets).toBe(
          Math.max(1, Math.floor((chunkservers * document.spec.storage.copySets) / 3)),
        );
      }),
      { numRuns: 30 },
    );
  });
});

describe('the layout of the smallest spec', () => {
  const { context, storage, pool } = layoutFor(accepted(LEAST).spec);

  test('names members as the templates do', () => {
    expect(context.etcd.map((m) => [m.id, m.name, m.node, m.ip])).toEqual([
      ['a', 'etcd00', 'node1', '10.0.0.11'],
      ['b', 'etcd10', 'node2', '10.0.0.12'],
      ['c', 'etcd20', 'node3', '10.0.0.13'],
    ]);
  });

  test('has zones in the order of the spec and 100 copysets', () => {
    expect(storage.map((s) => [s.node, s.zone])).toEqual([
      ['node1', 'zone1'],
      ['node2', 'zone2'],
      ['node3', 'zone3'],
    ]);
    expect(pool).toEqual({ name: 'pool1', copysets: 100 });
  });

  test('has neither snapshotclone nor S3', () => {
    expect(context.snapshotclone).toEqual([]);
    expect(context).not.toHaveProperty('s3');
  });

  test('cannot be made while an address is unknown', () => {
    const { spec } = accepted(LEAST);
    const operation = { ...curveRef('my'), uid: 'u', generation: 1, attempt: 1 };
    expect(() => layoutOf({ operation, clusterId: 'c', spec, addresses: { node1: '10.0.0.1' } })).toThrow(
      /node2/,
    );
  });
});

test('the S3 Secret is named, its keys are nowhere', () => {
  const { context } = layoutFor(accepted(changed(LEAST, ['spec', 'snapShotClone'], SNAPSHOTS)).spec);
  expect(context.s3).toEqual({
    endpoint: 'http://10.0.0.5:9000',
    bucket: 'snapshots',
    secretName: 'curve-s3',
  });
});
