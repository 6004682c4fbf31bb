import { expect, test } from 'vitest';
import { disksNotReady, nodeRefused, poolsRefused, specRefused } from './refusals.ts';

const disk = (path: string, stage: string, detail?: string) => ({
  disk: { path, findings: detail === undefined ? [] : [{ kind: 'filesystem' as const, detail }] },
  stage,
});

test('every field that does not fit is named, each with its own next step', () => {
  const violations = [
    { path: 'spec.nodes[0]', value: 'node9', message: 'is no node', next: 'name another' },
    { path: 'metadata.namespace', message: 'does not exist', next: 'kubectl create namespace curve' },
  ];
  expect(specRefused(violations)).toMatchObject({
    type: 'SpecRefused',
    retryable: false,
    message: 'spec.nodes[0] (node9): is no node\nmetadata.namespace: does not exist',
    next: 'spec.nodes[0]: name another\nmetadata.namespace: kubectl create namespace curve',
    facts: { violations },
  });
});

test('a node with a taken port and a foreign disk says what to do about each', () => {
  const port = { path: 'spec', message: 'port 6700 of mds a is taken on node1 by sshd', next: 'stop it' };
  const disks = [disk('/dev/vdc', 'empty'), disk('/dev/vdd', 'refused', 'it holds xfs')];
  expect(nodeRefused('node1', [port], disks)).toMatchObject({
    type: 'NodeRefused',
    retryable: false,
    subject: 'node node1',
    message: 'port 6700 of mds a is taken on node1 by sshd\nnode1: /dev/vdd is not touched: it holds xfs',
    next: expect.stringMatching(/^node1: stop it\n\/dev\/vdd: name an empty disk, or/) as string,
    parts: [{ subject: 'node1', next: 'stop it' }, { subject: '/dev/vdd' }],
  });
  expect(nodeRefused('node1', [], disks.slice(0, 1))).toBeUndefined();
});

test('a disk that formatting left unready is named with what was seen', () => {
  const disks = [disk('/dev/vdc', 'ready'), disk('/dev/vdd', 'refused', 'it holds xfs')];
  expect(disksNotReady('node1', disks)).toMatchObject({
    type: 'DiskNotReady',
    retryable: false,
    message: 'node1: after formatting /dev/vdd is refused: it holds xfs',
    next: 'look at the disk with "keelson devices node1", then retry',
  });
  expect(disksNotReady('node1', disks.slice(0, 1))).toBeUndefined();
});

test('pools that are refused keep a next step for each disk', () => {
  const refused = (device: string, next: string) =>
    ({ action: 'refuse', device, why: `${device} is odd`, next }) as const;
  const decisions = [
    refused('/dev/vdc', 'retry'),
    { action: 'done', why: '' } as const,
    refused('/dev/vdd', 'use a larger disk'),
  ];
  expect(poolsRefused('node1', decisions)).toMatchObject({
    type: 'PoolRefused',
    retryable: false,
    message: 'node1: /dev/vdc is odd\nnode1: /dev/vdd is odd',
    next: '/dev/vdc: retry\n/dev/vdd: use a larger disk',
  });
  expect(poolsRefused('node1', [{ action: 'run', why: '' }])).toBeUndefined();
});
