import type { PoolFacts } from './facts.ts';
import { REPLICAS, type PoolLayout, type StorageNode } from './layout.ts';

/** The cluster map of curvebs-tool (docs/curve.md#the-map-is-always-whole): it deletes from MDS what the map lacks, so the map is always whole. */
export interface ClusterMap {
  readonly servers: readonly MapServer[];
  readonly poolsets: readonly { readonly name: string; readonly type: string }[];
  readonly logicalpools: readonly {
    readonly name: string;
    readonly replicasnum: number;
    readonly zonenum: number;
    readonly copysetnum: number;
    readonly type: number;
    readonly scatterwidth: number;
    readonly physicalpool: string;
  }[];
  readonly npools: number;
}

export interface MapServer {
  readonly name: string;
  readonly internalip: string;
  readonly internalport: number;
  readonly externalip: string;
  readonly externalport: number;
  readonly zone: string;
  readonly physicalpool: string;
  readonly poolset: string;
}

/** The part of a layout that the map is made of. */
export interface MapLayout {
  readonly storage: readonly StorageNode[];
  readonly pool: PoolLayout;
}

/**
 * One row for each node: rows of one address with port 0 are one server to MDS anyway. Port 0 lets MDS take every
 * chunkserver of that address; a node with a single chunkserver names its port.
 */
export function clusterMap({ storage, pool }: MapLayout): ClusterMap {
  return {
    servers: storage.map(({ node, ip, zone, disks }, index) => {
      const port = disks.length === 1 ? (disks[0]?.port ?? 0) : 0;
      return {
        name: `${node}_${index}_0`,
        internalip: ip,
        internalport: port,
        externalip: ip,
        externalport: port,
        zone,
        physicalpool: pool.name,
        poolset: 'default',
      };
    }),
    poolsets: [{ name: 'default', type: 'ssd' }],
    logicalpools: [
      {
        name: pool.name,
        replicasnum: REPLICAS,
        zonenum: REPLICAS,
        copysetnum: pool.copysets,
        type: 0,
        scatterwidth: 0,
        physicalpool: pool.name,
      },
    ],
    npools: 1,
  };
}

export const renderMap = (map: ClusterMap): string => `${JSON.stringify(map, undefined, 2)}\n`;

export interface PoolJudgement {
  readonly satisfied: boolean;
  /** What was found, or what is missing: a sentence for the phase table. */
  readonly detail: string;
  /** Set where running the tool would destroy something or change nothing: a person must decide. */
  readonly refused?: string;
}

type KnownServer = PoolFacts['servers'][number];

/** Does MDS know every server of the map once, in one pool, grouped into zones as the map groups them? */
export function judgePhysicalPool(layout: MapLayout, facts: PoolFacts): PoolJudgement {
  if (!facts.answered) return { satisfied: false, detail: 'no mds leader answered' };
  const map = clusterMap(layout);
  const refused = danger(map, facts);
  if (refused !== undefined) return { satisfied: false, detail: refused, refused };

  const wanted = new Map(map.servers.map((server) => [server.name, server]));
  const extra = facts.servers.filter((server) => !wanted.has(server.name)).map((server) => server.name);
  const missing = map.servers.filter((server) => !facts.servers.some((known) => known.name === server.name));
  const problems = [
    ...list(
      'mds lacks',
      missing.map((server) => server.name),
    ),
    ...list('mds has beyond the map', extra),
    ...list('known more than once', repeated(facts.servers.map((server) => server.name))),
    ...(missing.length === 0 ? grouping(map, facts.servers) : []),
  ];
  if (problems.length > 0) return { satisfied: false, detail: problems.join('; ') };
  const zones = new Set(map.servers.map((server) => server.zone)).size;
  return {
    satisfied: true,
    detail: `${map.servers.length} servers in ${zones} zones of ${layout.pool.name}`,
  };
}

const list = (what: string, names: readonly string[]): string[] => {
  if (names.length === 0) return [];
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return [`${what}: ${names.slice(0, 5).join(', ')}${more}`];
};

const repeated = (names: readonly string[]): string[] => [
  ...new Set(names.filter((name, i) => names.indexOf(name) !== i)),
];

/** Zones have only numbers in MDS's answer: the grouping must be the same, and the pool one. */
function grouping(map: ClusterMap, servers: readonly KnownServer[]): string[] {
  const zoneOf = new Map(map.servers.map((server) => [server.name, server.zone]));
  const numbers = new Map<string, number>();
  const names = new Map<number, string>();
  const problems: string[] = [];
  for (const server of servers) {
    const zone = zoneOf.get(server.name);
    if (zone === undefined) continue;
    const [number, name] = [numbers.get(zone), names.get(server.zoneId)];
    if ((number ?? server.zoneId) !== server.zoneId || (name ?? zone) !== zone) {
      problems.push(`${server.name} is in zone ${server.zoneId} of mds, not with the others of ${zone}`);
    }
    numbers.set(zone, server.zoneId);
    names.set(server.zoneId, zone);
  }
  const pools = new Set(servers.map((server) => server.poolId));
  return pools.size > 1 ? [...problems, `the servers are in ${pools.size} physical pools`] : problems;
}

/**
 * What create_physicalpool must not be run for. It deletes servers that the map lacks (only chunkservers that still
 * belong to them hold it back), and it takes no notice of another address under the same name.
 */
function danger(map: ClusterMap, facts: PoolFacts): string | undefined {
  const used = new Set(facts.chunkservers.map((chunkserver) => chunkserver.ip));
  const wantedBy = new Map(map.servers.map((server) => [server.name, server]));
  const scattered = grouping(map, facts.servers);
  for (const server of facts.servers.filter((known) => used.has(known.ip))) {
    const wanted = wantedBy.get(server.name);
    if (wanted === undefined) {
      return `mds has chunkservers on server ${server.name} (${server.ip}), which the layout lacks: curvebs-tool would delete it`;
    }
    const misplaced = scattered.find((problem) => problem.startsWith(`${server.name} `));
    if (misplaced !== undefined) return `${misplaced}: a server with chunkservers cannot change its zone`;
  }
  for (const server of facts.servers) {
    const wanted = wantedBy.get(server.name);
    if (wanted === undefined || (wanted.internalip === server.ip && wanted.internalport === server.port))
      continue;
    return (
      `mds knows ${server.name} as ${server.ip}:${server.port}, the layout as ${wanted.internalip}:${wanted.internalport}: ` +
      'Curve takes no notice of a changed address'
    );
  }
  return undefined;
}

/** Does the logical pool exist, in the physical pool of the map? Its copysets cannot be changed once it does. */
export function judgeLogicalPool(layout: MapLayout, facts: PoolFacts): PoolJudgement {
  if (!facts.answered) return { satisfied: false, detail: 'no mds leader answered' };
  const { name, copysets } = layout.pool;
  const pool = facts.logicalPools.find((known) => known.name === name);
  if (pool === undefined) return { satisfied: false, detail: `mds has no logical pool ${name}` };

  const physical = facts.servers[0]?.poolId;
  if (pool.physicalPoolId !== undefined && physical !== undefined && pool.physicalPoolId !== physical) {
    const refused = `logical pool ${name} belongs to physical pool ${pool.physicalPoolId}, the servers to ${physical}`;
    return { satisfied: false, detail: refused, refused };
  }
  if (pool.copysets === 0) return { satisfied: false, detail: `logical pool ${name} has no copysets yet` };
  const same = pool.copysets === copysets;
  const note = `; the layout would give ${copysets}, but the number cannot change once the pool exists`;
  return {
    satisfied: true,
    detail: `logical pool ${name} with ${pool.copysets} copysets${same ? '' : note}`,
  };
}
