import { describe, expect, test } from 'vitest';
import { accepted, changed, LEAST, layoutFor } from '../../../test/support/curve-documents.ts';
import type { PoolFacts } from './facts.ts';
import { clusterMap, judgeLogicalPool, judgePhysicalPool, renderMap } from './topology.ts';

const disks = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ name: `/dev/vd${i}`, mountPath: `/data/${i}` }));
const layoutWith = (nodes: readonly string[], perNode: number) =>
  layoutFor(accepted(changed(LEAST, ['spec', 'storage'], { nodes, devices: disks(perNode) })).spec);

const three = layoutWith(['node1', 'node2', 'node3'], 1);
const nine = layoutWith(['node1', 'node2', 'node3'], 3);

describe('the cluster map', () => {
  test('of three nodes with one disk names their ports', () => {
    expect(clusterMap(three)).toEqual({
      servers: [1, 2, 3].map((i) => ({
        name: `node${i}_${i - 1}_0`,
        internalip: `10.0.0.1${i}`,
        internalport: 8200,
        externalip: `10.0.0.1${i}`,
        externalport: 8200,
        zone: `zone${i}`,
        physicalpool: 'pool1',
        poolset: 'default',
      })),
      poolsets: [{ name: 'default', type: 'ssd' }],
      logicalpools: [
        {
          name: 'pool1',
          replicasnum: 3,
          zonenum: 3,
          copysetnum: 100,
          type: 0,
          scatterwidth: 0,
          physicalpool: 'pool1',
        },
      ],
      npools: 1,
    });
  });

  test('of three nodes with three disks has port 0 and 300 copysets', () => {
    const { servers, logicalpools } = clusterMap(nine);
    expect(servers.map((s) => [s.name, s.internalport, s.externalport, s.zone])).toEqual([
      ['node1_0_0', 0, 0, 'zone1'],
      ['node2_1_0', 0, 0, 'zone2'],
      ['node3_2_0', 0, 0, 'zone3'],
    ]);
    expect(logicalpools[0]?.copysetnum).toBe(300);
  });

  test('goes round the zones', () => {
    const map = clusterMap(layoutWith(['a', 'b', 'c', 'd', 'e'], 1));
    expect(map.servers.map((s) => s.zone)).toEqual(['zone1', 'zone2', 'zone3', 'zone1', 'zone2']);
  });

  test('is the same text for the same layout', () => {
    expect(renderMap(clusterMap(nine))).toBe(renderMap(clusterMap(structuredClone(nine))));
  });
});

type Server = PoolFacts['servers'][number];

const known: readonly Server[] = [1, 2, 3].map((i) => ({
  id: i,
  name: `node${i}_${i - 1}_0`,
  ip: `10.0.0.1${i}`,
  port: 0,
  zoneId: i + 10,
  poolId: 1,
}));
const chunkserver = (ip: string) => ({
  id: 1,
  ip,
  port: 8200,
  onlineState: 'ONLINE' as const,
  copysets: 100,
});
const facts = (change: Partial<PoolFacts>): PoolFacts => ({
  answered: true,
  servers: known,
  logicalPools: [],
  chunkservers: [],
  copysetsHealthy: true,
  copysetsDetail: '',
  ...change,
});
const replaced = (index: number, change: Partial<Server>) =>
  known.map((s, i) => (i === index ? { ...s, ...change } : s));
const used = { chunkservers: [chunkserver('10.0.0.11'), chunkserver('10.0.0.12'), chunkserver('10.0.0.13')] };
const stranger: Server = { id: 9, name: 'node9_3_0', ip: '10.0.0.19', port: 0, zoneId: 11, poolId: 1 };

describe('the physical pool is there', () => {
  test('when mds knows every server once, in one pool, in the zones of the map', () => {
    expect(judgePhysicalPool(nine, facts(used))).toEqual({
      satisfied: true,
      detail: '3 servers in 3 zones of pool1',
    });
  });

  const six = layoutWith(['node1', 'node2', 'node3', 'node4', 'node5', 'node6'], 2);
  const sixServers = [0, 1, 2, 3, 4, 5].map((i) => ({
    id: i,
    name: `node${i + 1}_${i}_0`,
    ip: `10.0.0.1${i + 1}`,
    port: 0,
    zoneId: 1 + (i % 3),
    poolId: 1,
  }));

  test('with several nodes in each zone', () => {
    expect(judgePhysicalPool(six, facts({ servers: sixServers })).satisfied).toBe(true);
  });

  test('not when two nodes of a zone are in different zones of mds', () => {
    const mixed = sixServers.map((s, i) => (i === 3 ? { ...s, zoneId: 2 } : s));
    expect(judgePhysicalPool(six, facts({ servers: mixed }))).toMatchObject({
      satisfied: false,
      detail: expect.stringMatching(/node4_3_0 is in zone 2/),
    });
  });
});

describe('the physical pool is to be made', () => {
  const rows: readonly (readonly [string, Partial<PoolFacts>, RegExp])[] = [
    ['when mds knows nothing', { servers: [] }, /mds lacks: node1_0_0, node2_1_0, node3_2_0/],
    ['when one server is missing', { servers: known.slice(0, 2) }, /mds lacks: node3_2_0/],
    [
      'when mds has an unused server too much',
      { servers: [...known, stranger] },
      /beyond the map: node9_3_0/,
    ],
    [
      'when a server is there twice',
      { servers: [...known, { ...known[0], id: 7 } as Server] },
      /more than once: node1_0_0/,
    ],
    ['when two zones are one', { servers: replaced(1, { zoneId: 11 }) }, /node2_1_0 is in zone 11/],
    ['when the servers are in two pools', { servers: replaced(2, { poolId: 2 }) }, /2 physical pools/],
    ['when no mds leads', { answered: false, servers: [] }, /no mds leader/],
  ];
  test.each(rows)('%s', (_, change, detail) => {
    const judged = judgePhysicalPool(nine, facts(change));
    expect(judged).toMatchObject({ satisfied: false, detail: expect.stringMatching(detail) });
    expect(judged).not.toHaveProperty('refused');
  });
});

describe('the tool must not be run', () => {
  const rows: readonly (readonly [string, Partial<PoolFacts>, RegExp])[] = [
    [
      'when it would delete a server with chunkservers',
      { servers: [...known, stranger], chunkservers: [chunkserver('10.0.0.19')] },
      /would delete it/,
    ],
    [
      'when a server with chunkservers would change its zone',
      { servers: replaced(1, { zoneId: 11 }), ...used },
      /cannot change its zone/,
    ],
    [
      'when an address changed under the same name',
      { servers: replaced(0, { ip: '10.0.0.99' }) },
      /takes no notice/,
    ],
    [
      'when a port changed under the same name',
      { servers: replaced(0, { port: 8200 }) },
      /10\.0\.0\.11:8200/,
    ],
  ];
  test.each(rows)('%s', (_, change, refused) => {
    expect(judgePhysicalPool(nine, facts(change))).toMatchObject({
      satisfied: false,
      refused: expect.stringMatching(refused),
    });
  });
});

describe('the logical pool', () => {
  const pool = { id: 1, name: 'pool1', physicalPoolId: 1, copysets: 300 };
  const judge = (change: Partial<PoolFacts>) => judgeLogicalPool(nine, facts(change));

  test('is there when mds lists it with its copysets', () => {
    expect(judge({ logicalPools: [pool] })).toEqual({
      satisfied: true,
      detail: 'logical pool pool1 with 300 copysets',
    });
  });

  test('is there although mds has not counted its size yet', () => {
    expect(judge({ logicalPools: [{ name: 'pool1', copysets: 300 }] }).satisfied).toBe(true);
  });

  test('is there with another number of copysets, which cannot change', () => {
    expect(judge({ logicalPools: [{ ...pool, copysets: 200 }] })).toMatchObject({
      satisfied: true,
      detail: expect.stringMatching(/200 copysets.*300.*cannot change/),
    });
  });

  test.each([
    ['mds lists none', { logicalPools: [] }, /no logical pool pool1/],
    ['mds lists another', { logicalPools: [{ ...pool, name: 'pool2' }] }, /no logical pool pool1/],
    ['it has no copysets', { logicalPools: [{ ...pool, copysets: 0 }] }, /no copysets yet/],
    ['no mds leads', { answered: false }, /no mds leader/],
  ])('is not there when %s', (_, change, detail) => {
    expect(judge(change)).toMatchObject({ satisfied: false, detail: expect.stringMatching(detail) });
  });

  test('is refused in another physical pool', () => {
    expect(judge({ logicalPools: [{ ...pool, physicalPoolId: 2 }] })).toMatchObject({
      satisfied: false,
      refused: expect.stringMatching(/physical pool 2/),
    });
  });
});
