import { readFile, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CLUSTER, format, goalOf, identityNow, look } from '../../../test/support/format.ts';
import { type TestDisk, TestNode } from '../../../test/support/test-node.ts';
import { remountOwn } from './remount.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let node: TestNode;
let disks: TestDisk[];
const goals = () => disks.map((disk, i) => goalOf(node.host, disk, { mountPath: `/data/chunkserver${i}` }));

beforeEach(async () => {
  node = await TestNode.create({ disks: 2 });
  disks = [...node.disks];
  for (const goal of goals()) await format(node.host, goal, { identity: await identityNow(node.host, goal) });
});
afterEach(() => node.remove());

const outcomes = async () =>
  (await remountOwn(node.host)).map(({ mountPath, outcome }) => [mountPath, outcome]);

test('after a reboot every disk of ours is mounted again, under whatever name it has', async () => {
  await node.reboot();
  const first = disks[0] as TestDisk;
  await node.reattach(first, 'vdx');
  expect(await outcomes()).toEqual([
    ['/data/chunkserver0', 'mounted'],
    ['/data/chunkserver1', 'mounted'],
  ]);
  expect(await Promise.all(goals().map(async (goal) => (await look(node.host, goal)).stage))).toEqual([
    'ready',
    'ready',
  ]);
});

test('what is mounted already is left alone', async () => {
  expect(await outcomes()).toEqual([
    ['/data/chunkserver0', 'was-mounted'],
    ['/data/chunkserver1', 'was-mounted'],
  ]);
});

test('one disk that is missing does not keep the other', async () => {
  await node.reboot();
  await node.detach(disks[0] as TestDisk);
  const [missing, there] = await remountOwn(node.host);
  expect(missing).toMatchObject({
    outcome: 'failed',
    clusterId: CLUSTER,
    detail: expect.stringContaining('no disk') as string,
  });
  expect(there).toMatchObject({ outcome: 'mounted' });
});

test('a file system whose marker is gone is not mounted', async () => {
  await node.reboot();
  await execa('mount', [disks[0]?.loop ?? '', node.at('/tmp')]);
  await execa('rm', [node.at('/tmp/.keelson.json')]);
  await execa('umount', [node.at('/tmp')]);
  expect(await outcomes()).toEqual([
    ['/data/chunkserver0', 'failed'],
    ['/data/chunkserver1', 'mounted'],
  ]);
});

test('a line of ours with a file system that this version does not make is told, and keeps no other', async () => {
  await node.reboot();
  const fstab = await readFile(node.at('/etc/fstab'), 'utf8');
  await writeFile(
    node.at('/etc/fstab'),
    fstab.replace('/data/chunkserver0 ext4', '/data/chunkserver0 zonefs'),
  );
  const [unknown, known] = await remountOwn(node.host);
  expect(unknown).toMatchObject({
    outcome: 'failed',
    detail: expect.stringContaining('zonefs') as string,
  });
  expect(known).toMatchObject({ outcome: 'mounted' });
});

test("other people's lines are none of our business", async () => {
  await node.reboot();
  const fstab = await readFile(node.at('/etc/fstab'), 'utf8');
  await writeFile(node.at('/etc/fstab'), `/dev/sdq1 /srv xfs defaults 0 0\n${fstab.split('\n')[1]}\n`);
  expect(await outcomes()).toEqual([['/data/chunkserver1', 'mounted']]);
});
