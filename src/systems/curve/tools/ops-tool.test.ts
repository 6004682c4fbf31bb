import { describe, expect, test } from 'vitest';
import {
  parseChunkserverList,
  parseCopysetsStatus,
  parseLogicalPoolList,
  parseServerList,
  poolFacts,
} from './ops-tool.ts';

/** The formats are those of opencurve/curve at v1.2.6, folder tools; `curve … list: ` ends with a blank there. */
const ok = (output: string) => ({ exitCode: 0, output });
const failed = (output: string) => ({ exitCode: 255, output });

const SERVERS = `curve server list: 
serverID = 1, hostName = node1_0_0, internalIP = 10.0.0.11, internalPort = 0, externalIp = 10.0.0.11, externalPort = 0, zoneID = 1, poolID = 1
serverID = 2, hostName = node2_1_0, internalIP = 10.0.0.12, internalPort = 0, externalIp = 10.0.0.12, externalPort = 0, zoneID = 2, poolID = 1
total: 2
`;
const chunkserver = (id: number, state = 'ONLINE', copysets = 100, more = '') =>
  `chunkServerID = ${id}, diskType = nvme, hostIP = 10.0.0.1${id}, port = 8200, rwStatus = READWRITE, diskState = DISKNORMAL, ` +
  `onlineState = ${state}, copysetNum = ${copysets}, mountPoint = local:///curvebs/chunkserver/data, diskCapacity = 1 GB, ` +
  `diskUsed = 0 GB${more}, externalIP = 10.0.0.1${id}`;
const CHUNKSERVERS = `curve chunkserver list: 
${chunkserver(1)}
Some copysets not found on chunkserver, may be tranfered
${chunkserver(2, 'UNSTABLE', 100, ', unhealthyCopysetRatio = 100%')}
${chunkserver(3, 'OFFLINE')}
total: 3, online: 1, unstable: 1, offline: 1
pendding: 0, penddingCopyset: 0, retired:0
`;
const POOLS = `curve logical pool list: 
id = 1, name = pool1, physicalPoolID = 1, type = PAGEFILE, allocateStatus = ALLOW, total space = 3GB, used space = 0GB(0%, can be recycled = 0GB(0%)), left space = 3GB(100%)
total: 1
`;
const HEALTHY = 'Copysets are healthy!\ntotal copysets: 100, unhealthy copysets: 0, unhealthy_ratio: 0%\n';
const NO_LEADER = 'Init channel to all mds fail!\nInit mdsClient failed!\nInit StatusTool failed\n';

describe('server-list', () => {
  test('tells servers with zone and pool', () => {
    expect(parseServerList(ok(SERVERS))).toEqual([
      { id: 1, name: 'node1_0_0', ip: '10.0.0.11', port: 0, zoneId: 1, poolId: 1 },
      { id: 2, name: 'node2_1_0', ip: '10.0.0.12', port: 0, zoneId: 2, poolId: 1 },
    ]);
  });

  test('may be empty', () => {
    expect(parseServerList(ok('curve server list: \ntotal: 0\n'))).toEqual([]);
  });

  test.each([
    ['cut off', ok(SERVERS.split('\n').slice(0, 2).join('\n')), /no total/],
    ['short of a row', ok(SERVERS.replace(/serverID = 2.*\n/, '')), /announced 2 and listed 1/],
    ['failed', failed('ListServersInCluster fail!\n'), /ended with 255: ListServersInCluster fail!/],
    ['strange', ok('serverID = x, hostName = a\ntotal: 1\n'), /no serverID, or none that is a number/],
  ])('is not believed when %s', (_, answer, message) => {
    expect(() => parseServerList(answer)).toThrow(message);
  });
});

describe('chunkserver-list', () => {
  test('tells what mds believes, whatever stands between the rows', () => {
    expect(parseChunkserverList(ok(CHUNKSERVERS))).toEqual([
      { id: 1, ip: '10.0.0.11', port: 8200, onlineState: 'ONLINE', copysets: 100 },
      { id: 2, ip: '10.0.0.12', port: 8200, onlineState: 'UNSTABLE', copysets: 100 },
      { id: 3, ip: '10.0.0.13', port: 8200, onlineState: 'OFFLINE', copysets: 100 },
    ]);
  });

  test('is not believed with a state that nobody knows', () => {
    expect(() => parseChunkserverList(ok(CHUNKSERVERS.replace('UNSTABLE', 'SLEEPY')))).toThrow(/SLEEPY/);
  });
});

describe('logical-pool-list', () => {
  test('tells pools', () => {
    expect(parseLogicalPoolList(ok(POOLS))).toEqual([{ id: 1, name: 'pool1', physicalPoolId: 1 }]);
  });

  test('proves a pool whose size mds has not counted yet', () => {
    const young = `curve logical pool list: 
GetMetric topology_metric_logical_pool_pool1_logical_capacity from all mds fail!
Get logical capacity from mds fail!
`;
    expect(parseLogicalPoolList(failed(young))).toEqual([{ name: 'pool1' }]);
  });

  test('is not believed when it failed otherwise', () => {
    expect(() => parseLogicalPoolList(failed('ListLogicalPoolsInCluster fail!\n'))).toThrow(/fail!/);
  });

  test('survives sizes that are no numbers yet', () => {
    expect(parseLogicalPoolList(ok(POOLS.replaceAll('3GB(100%)', '0GB(-nan%)')))).toHaveLength(1);
  });
});

describe('copysets-status', () => {
  test.each([
    ['healthy', ok(HEALTHY), true],
    ['unhealthy', failed(HEALTHY.replace('are healthy', 'not healthy')), false],
    [
      'unhealthy behind complaints',
      failed(
        `Send RPC to chunkserver fail, error content: x\n${HEALTHY.replace('are healthy', 'not healthy')}`,
      ),
      false,
    ],
  ])('tells that copysets are %s', (_, answer, healthy) => {
    expect(parseCopysetsStatus(answer)).toEqual({
      healthy,
      detail: 'total copysets: 100, unhealthy copysets: 0, unhealthy_ratio: 0%',
    });
  });

  test('is not believed without a verdict', () => {
    expect(() => parseCopysetsStatus(failed('Init CopysetCheck failed\n'))).toThrow(
      /Init CopysetCheck failed/,
    );
  });
});

describe('one look at mds', () => {
  const whole = {
    serverList: ok(SERVERS),
    chunkserverList: ok(CHUNKSERVERS),
    logicalPoolList: ok(POOLS),
    copysetsStatus: ok(HEALTHY),
  };

  test('puts the answers together; copysets come from what the chunkservers hold', () => {
    expect(poolFacts(whole)).toMatchObject({
      answered: true,
      logicalPools: [{ id: 1, name: 'pool1', physicalPoolId: 1, copysets: 100 }],
      copysetsHealthy: true,
      copysetsDetail: 'total copysets: 100, unhealthy copysets: 0, unhealthy_ratio: 0%',
    });
  });

  test.each(['serverList', 'chunkserverList', 'logicalPoolList', 'copysetsStatus'] as const)(
    'says so when mds lost its leader before %s',
    (command) => {
      expect(poolFacts({ ...whole, [command]: failed(NO_LEADER) })).toMatchObject({
        answered: false,
        servers: [],
        logicalPools: [],
      });
    },
  );
});
