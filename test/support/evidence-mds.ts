import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import type { Sandbox } from './sandbox.ts';

/** MDS's own view, asked on its service port as its tools do; nothing of the product's code takes part. */
export interface MdsEvidence {
  readonly pools: readonly string[];
  readonly zones: readonly string[];
  /** Ids included: a pool that was made again would have others. */
  readonly servers: readonly string[];
  /**
   * `ip:port` of each, with its state: one that registered twice for its disk stands here twice, since MDS forgets none.
   * Ids are left out: one is lost when etcd or mds dies while it stores a registration, here as in Curve.
   */
  readonly chunkservers: readonly string[];
  readonly logicalPools: readonly string[];
  readonly copysets: number;
  /** Sum over the chunkservers. */
  readonly replicas: number;
}

interface Chunkserver {
  readonly chunkServerID: number;
  readonly hostIp: string;
  readonly port: number;
  readonly status: number | string;
  readonly onlineState: number | string;
}

export async function mdsEvidence(
  box: Sandbox,
  cluster: Cluster,
): Promise<{ view: MdsEvidence; idOf: (address: string) => number | undefined }> {
  const ask = topologyOf(await leaderOf(box, cluster));
  const { physicalPoolInfos: pools = [] } = await ask<{ physicalPoolInfos?: Pool[] }>('ListPhysicalPool', {});
  const zones = await each(pools, async ({ physicalPoolID }) => {
    const { zones = [] } = await ask<{ zones?: Zone[] }>('ListPoolZone', { physicalPoolID });
    return zones;
  });
  const servers = await each(zones, async ({ zoneID }) => {
    const { serverInfo = [] } = await ask<{ serverInfo?: Server[] }>('ListZoneServer', { zoneID });
    return serverInfo;
  });
  const chunkservers = await each(servers, async ({ serverID }) => {
    const { chunkServerInfos = [] } = await ask<{ chunkServerInfos?: Chunkserver[] }>('ListChunkServer', {
      serverID,
    });
    return chunkServerInfos;
  });
  const logical = await each(pools, async ({ physicalPoolID }) => {
    const { logicalPoolInfos = [] } = await ask<{ logicalPoolInfos?: LogicalPool[] }>('ListLogicalPool', {
      physicalPoolID,
    });
    return logicalPoolInfos;
  });
  const copysets = await ask<{ copysetInfos?: unknown[] }>('GetCopySetsInCluster', {});
  const replicas = await each(chunkservers, async ({ chunkServerID }) => {
    const held = await ask<{ copysetInfos?: unknown[] }>('GetCopySetsInChunkServer', { chunkServerID });
    return held.copysetInfos ?? [];
  });
  const addressOf = ({ hostIp, port }: Chunkserver): string => `${hostIp}:${port}`;
  const view: MdsEvidence = {
    pools: pools.map((p) => `${p.physicalPoolID} ${p.physicalPoolName}`),
    zones: zones.map((z) => `${z.zoneID} ${z.zoneName} of ${z.physicalPoolName}`).sort(),
    servers: servers
      .map((s) => `${s.serverID} ${s.hostName} ${s.internalIp}:${s.internalPort} in ${s.zoneName}`)
      .sort(),
    chunkservers: chunkservers
      .map((c) => `${addressOf(c)} status ${c.status} online ${c.onlineState}`)
      .sort(),
    logicalPools: logical.map(
      (l) =>
        `${l.logicalPoolID} ${l.logicalPoolName} in ${l.physicalPoolID} ${l.redundanceAndPlaceMentPolicy}`,
    ),
    copysets: copysets.copysetInfos?.length ?? 0,
    replicas: replicas.length,
  };
  const ids = new Map(chunkservers.map((c) => [addressOf(c), c.chunkServerID]));
  return { view, idOf: (address) => ids.get(address) };
}

interface Pool {
  readonly physicalPoolID: number;
  readonly physicalPoolName: string;
}
interface Zone {
  readonly zoneID: number;
  readonly zoneName: string;
  readonly physicalPoolName: string;
}
interface Server {
  readonly serverID: number;
  readonly hostName: string;
  readonly internalIp: string;
  readonly internalPort: number;
  readonly zoneName: string;
}
interface LogicalPool {
  readonly logicalPoolID: number;
  readonly logicalPoolName: string;
  readonly physicalPoolID: number;
  readonly redundanceAndPlaceMentPolicy: string;
}

async function each<T, R>(items: readonly T[], ask: (item: T) => Promise<readonly R[]>): Promise<R[]> {
  const all: R[] = [];
  for (const item of items) all.push(...(await ask(item)));
  return all;
}

/** `ip:port` of the one mds that says it leads, on its dummy port. */
export async function leaderOf(box: Sandbox, { document }: Cluster): Promise<string> {
  const { port = 6700, dummyPort = 7700 } = document.spec.mds ?? {};
  const leaders = await eventually(
    'one mds leads',
    async () => {
      const states = await Promise.all(
        box.status.nodes.map(async ({ address }) => {
          const answer = await fetch(`http://${address}:${dummyPort}/vars/mds_status`, {
            headers: { 'user-agent': 'curl/8' },
            signal: AbortSignal.timeout(3_000),
          });
          return (await answer.text()).includes('"leader"') ? [`${address}:${port}`] : [];
        }),
      );
      return states.flat();
    },
    (all) => all.length === 1,
    30_000,
  );
  return leaders[0] ?? '';
}

function topologyOf(leader: string) {
  return async <T>(method: string, request: object): Promise<T> => {
    const answer = await fetch(`http://${leader}/TopologyService/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`mds at ${leader}: ${method} answered ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  };
}
