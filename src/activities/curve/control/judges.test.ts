import { describe, expect, test } from 'vitest';
import type { Answer } from '../../control/daemon-http.ts';
import {
  type ChunkserverState,
  type Registered,
  judgeChunkservers,
  missingChunkserver,
} from './chunkservers.ts';
import { type MemberState, judgeEtcd } from './etcd.ts';
import { type MdsState, judgeMds } from './mds.ts';
import { type InstanceState, judgeSnapshotclone } from './snapshotclone.ts';

const ok: Answer = { answered: true, status: 200, body: 'OK' };
const refused: Answer = { answered: false, why: 'connection refused' };
const places = [1, 2, 3].map((i) => ({ id: 'abc'[i - 1] ?? '', node: `node-${i}`, ip: `10.0.0.${i}` }));

describe('etcd', () => {
  const members = (change: (i: number) => Partial<MemberState['said']> & { why?: string }): MemberState[] =>
    places.map((place, i) => {
      const { why, ...said } = change(i);
      const member = { ...place, name: `etcd${i}0`, peerPort: 2380, clientPort: 2379 };
      return { member, why, said: { leader: 'id-1', self: `id-${i}`, members: 3, ...said } };
    });

  test.each<[string, MemberState[], readonly string[]]>([
    ['three that agree', members(() => ({})), []],
    [
      'one whose pod does not run',
      members((i) => (i === 2 ? { why: 'pod x on node-3: ImagePullBackOff' } : {})),
      ['etcd c on node-3: pod x on node-3: ImagePullBackOff'],
    ],
    [
      'one without quorum',
      members((i) => (i === 0 ? { unhealthy: '10.0.0.1:2379 is not healthy (no quorum)' } : {})),
      ['etcd a on node-1: 10.0.0.1:2379 is not healthy (no quorum)'],
    ],
    [
      'two that follow different leaders',
      members((i) => ({ leader: `id-${i % 2}` })),
      ['the etcd members do not agree on a leader'],
    ],
    [
      'none that knows a leader',
      members(() => ({ leader: undefined })),
      ['the etcd members do not agree on a leader'],
    ],
    [
      'a leader that is none of them',
      members(() => ({ leader: 'id-9' })),
      ['the etcd members do not agree on a leader'],
    ],
    ['a fourth member', members(() => ({ members: 4 })), ['etcd a on node-1 knows 4 members instead of 3']],
  ])('%s', (_, looked, problems) => {
    expect(judgeEtcd(looked).problems).toEqual(problems);
  });

  test('names the leader when all is well', () => {
    expect(judgeEtcd(members(() => ({})))).toMatchObject({
      done: 3,
      summary: '3 members healthy, etcd10 on node-2 leads',
    });
  });
});

describe('mds', () => {
  const instances = (change: (i: number) => Partial<MdsState>): MdsState[] =>
    places.map((place, i) => ({
      mds: { ...place, port: 6700, dummyPort: 7700 },
      why: undefined,
      role: { is: i === 0 ? 'leading' : 'following' },
      serves: i === 0 ? ok : undefined,
      ...change(i),
    }));

  test.each<[string, MdsState[], readonly string[]]>([
    ['one leads and serves, two follow', instances(() => ({})), []],
    ['all follow', instances(() => ({ role: { is: 'following' } })), ['no mds leads yet']],
    [
      'two say that they lead',
      instances(() => ({ role: { is: 'leading' }, serves: ok })),
      ['more than one mds says that it leads: a on node-1, b on node-2, c on node-3'],
    ],
    [
      'the leader has not opened its service port',
      instances((i) => (i === 0 ? { serves: refused } : {})),
      ['mds a on node-1 leads, but its service port 10.0.0.1:6700 does not answer: connection refused'],
    ],
    [
      'a follower is silent',
      instances((i) =>
        i === 2 ? { role: { is: 'unknown', why: '10.0.0.3:7700 does not answer: connection refused' } } : {},
      ),
      ['mds c on node-3: 10.0.0.3:7700 does not answer: connection refused'],
    ],
  ])('%s', (_, looked, problems) => {
    expect(judgeMds(looked).problems).toEqual(problems);
  });
});

describe('chunkservers of a node', () => {
  const disks = [0, 1].map((index) => ({
    index,
    device: `/dev/vd${'cd'[index] ?? ''}`,
    mountPath: `/data/${index}`,
    percentage: 80,
    port: 8200 + index,
  }));
  const node = { node: 'node-1', ip: '10.0.0.1', zone: 'zone1', disks };
  const known = (states: readonly string[]): Registered =>
    states.map((onlineState, i) => ({
      id: i + 1,
      ip: node.ip,
      port: 8200 + i,
      onlineState,
      copysets: 0,
    })) as Registered;
  const looked = (change: Partial<ChunkserverState> = {}): ChunkserverState[] =>
    disks.map((disk, i) => ({ disk, why: undefined, answer: ok, ...(i === 1 ? change : {}) }));

  test.each<[string, ChunkserverState[], Registered, readonly string[]]>([
    ['all online and answering', looked(), known(['ONLINE', 'ONLINE']), []],
    [
      'one killed a moment ago, which MDS still believes in',
      looked({ answer: refused }),
      known(['ONLINE', 'ONLINE']),
      ['chunkserver of /dev/vdd on node-1: 10.0.0.1:8201 does not answer: connection refused'],
    ],
    [
      'one not registered yet',
      looked(),
      known(['ONLINE']),
      ['chunkserver of /dev/vdd on node-1: it has not registered with mds yet'],
    ],
    [
      'one that answers but sends no heartbeats',
      looked(),
      known(['ONLINE', 'UNSTABLE']),
      ['chunkserver of /dev/vdd on node-1: mds has it as UNSTABLE'],
    ],
    [
      'an mds that does not answer',
      looked(),
      undefined,
      [
        'chunkserver of /dev/vdc on node-1: mds does not tell whether it is online',
        'chunkserver of /dev/vdd on node-1: mds does not tell whether it is online',
      ],
    ],
  ])('%s', (_, seen, registered, problems) => {
    expect(judgeChunkservers(node, seen, registered).problems).toEqual(problems);
  });

  test.each<[string, Registered, string | undefined]>([
    ['made when all are online', known(['ONLINE', 'ONLINE']), undefined],
    ['not made while one is not', known(['ONLINE', 'OFFLINE']), '/dev/vdd on node-1: mds has it as OFFLINE'],
    [
      'not made while one is missing',
      known(['ONLINE']),
      '/dev/vdd on node-1: it has not registered with mds yet',
    ],
    [
      'not made while mds does not tell',
      undefined,
      '/dev/vdc on node-1: mds does not tell whether it is online',
    ],
  ])('a logical pool is %s', (_, registered, missing) => {
    const words = missing === undefined ? undefined : `chunkserver of ${missing}`;
    expect(missingChunkserver([node], registered)).toBe(words);
  });
});

describe('snapshotclone', () => {
  const instances = (change: (i: number) => Partial<InstanceState>): InstanceState[] =>
    places.map((place, i) => ({
      instance: { ...place, port: 5555, dummyPort: 8800, proxyPort: 8900 },
      why: undefined,
      role: { is: i === 1 ? 'leading' : 'following' },
      serves: i === 1 ? ok : undefined,
      throughProxy: ok,
      ...change(i),
    }));

  test.each<[string, InstanceState[], string | undefined, readonly string[]]>([
    ['one active behind three proxies, bucket there', instances(() => ({})), undefined, []],
    [
      'none active',
      instances(() => ({ role: { is: 'following' } })),
      undefined,
      ['no snapshotclone is active yet'],
    ],
    [
      'no bucket',
      instances(() => ({})),
      'bucket b on http://s3: it does not exist yet',
      ['bucket b on http://s3: it does not exist yet'],
    ],
    [
      'a proxy that finds nobody',
      instances((i) => (i === 0 ? { throughProxy: { answered: true, status: 502, body: '' } } : {})),
      undefined,
      ['proxy of snapshotclone a on node-1 (10.0.0.1:8900) reaches no active instance (status 502)'],
    ],
    [
      'an active one that does not serve yet',
      instances((i) => (i === 1 ? { serves: refused } : {})),
      undefined,
      ['snapshotclone b on node-2 is active, but 10.0.0.2:5555 does not answer: connection refused'],
    ],
  ])('%s', (_, looked, bucket, problems) => {
    expect(judgeSnapshotclone(looked, bucket).problems).toEqual(problems);
  });
});
