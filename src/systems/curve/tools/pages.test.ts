import { describe, expect, test } from 'vitest';
import { electionState, etcdLeader, isEtcdHealthy, parseVars } from './pages.ts';

test('vars are names and values, text without its quotes', () => {
  expect(parseVars('mds_status : "leader"\nprocess_uptime : 12\nbad line\n')).toEqual({
    mds_status: 'leader',
    process_uptime: '12',
  });
});

describe('who leads', () => {
  test.each([
    ['mds', 'mds_status : "leader"\r\n', 'leading'],
    ['mds', 'mds_status : "follower"\n', 'following'],
    ['mds', 'mds_status : "starting"\n', 'unknown'],
    ['mds', '', 'unknown'],
    ['snapshotclone', 'snapshotcloneserver_status : "active"\n', 'leading'],
    ['snapshotclone', 'snapshotcloneserver_status : "standby"\n', 'following'],
    ['snapshotclone', 'mds_status : "leader"\n', 'unknown'],
  ] as const)('%s with %j is %s', (role, body, state) => {
    expect(electionState(role, body)).toBe(state);
  });
});

describe('etcd', () => {
  test.each([
    ['{"health":"true"}', true],
    ['{"health":true}', true],
    ['{"health":"false"}', false],
    ['<html>', false],
    ['', false],
    ['null', false],
  ])('health %s is %s', (body, healthy) => {
    expect(isEtcdHealthy(body)).toBe(healthy);
  });

  test.each([
    ['{"header":{"member_id":"1"},"leader":"14841639068965178418"}', '14841639068965178418'],
    ['{"header":{},"leader":"0"}', undefined],
    ['{"header":{}}', undefined],
    ['oops', undefined],
  ])('status %s names leader %s', (body, leader) => {
    expect(etcdLeader(body)).toBe(leader);
  });
});
