import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { CLUSTER, format, goalOf, identityNow, OTHER_CLUSTER, targetOf } from '../../test/support/format.ts';
import { TestNode } from '../../test/support/test-node.ts';
import { claimHostDataDir, findLeftovers } from './leftovers.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.create();
  return () => node.remove();
});
beforeEach(async () => {
  await node.unmountAll();
  for (const path of ['/curvebs', '/data', '/etc/fstab'])
    await rm(node.at(path), { recursive: true, force: true });
});

const dataDir = { path: '/curvebs', daemons: 'data' };
const wanted = {
  clusterId: CLUSTER,
  dataDir,
  disks: [targetOf({ device: '/dev/vdc', mountPath: '/data/chunkserver0' })],
};
const ours = { clusterId: CLUSTER, cluster: 'curve/demo', dataDir };
const theirs = { clusterId: OTHER_CLUSTER, cluster: 'curve/other', dataDir };
const leftovers = () => findLeftovers(node.host, wanted);

describe('leftovers', () => {
  test('there are none on a fresh node', async () => expect(await leftovers()).toEqual([]));

  test('what belongs to this very cluster is none', async () => {
    await claimHostDataDir(node.host, ours);
    await mkdir(node.at('/curvebs/data/etcd-a'), { recursive: true });
    expect(await leftovers()).toEqual([]);
  });

  test("another cluster's owner file and daemon data are named", async () => {
    await claimHostDataDir(node.host, theirs);
    await mkdir(node.at('/curvebs/data/etcd-a'), { recursive: true });
    expect(await leftovers()).toEqual([
      {
        path: '/curvebs/.keelson.json',
        detail: `owned by cluster curve/other (id ${OTHER_CLUSTER})`,
        clusterId: OTHER_CLUSTER,
        cluster: 'curve/other',
      },
      {
        path: '/curvebs/data/etcd-a',
        detail: 'data of the daemon etcd-a of cluster curve/other',
        clusterId: OTHER_CLUSTER,
        cluster: 'curve/other',
      },
    ]);
  });

  test('daemon data without an owner is named', async () => {
    await mkdir(node.at('/curvebs/data/etcd-b'), { recursive: true });
    expect(await leftovers()).toEqual([
      { path: '/curvebs/data/etcd-b', detail: 'data of the daemon etcd-b of an unknown cluster' },
    ]);
  });

  test('files on the bare mount path are named', async () => {
    await mkdir(node.at('/data/chunkserver0/photos'), { recursive: true });
    expect(await leftovers()).toEqual([
      { path: '/data/chunkserver0', detail: 'a folder that is not empty (photos); a mount would hide it' },
    ]);
  });

  test('a foreign mount and a foreign fstab line are named', async () => {
    await mkdir(node.at('/data/chunkserver0'), { recursive: true });
    await execa('mount', ['-t', 'tmpfs', 'scratch', node.at('/data/chunkserver0')]);
    await writeFile(node.at('/data/chunkserver0/file'), '');
    await writeFile(node.at('/etc/fstab'), 'scratch /data/chunkserver0 tmpfs defaults 0 0\n');
    expect(await leftovers()).toEqual([
      { path: '/data/chunkserver0', detail: 'scratch (tmpfs) is mounted there' },
      { path: '/etc/fstab', detail: 'a line that mounts scratch at /data/chunkserver0' },
    ]);
  });

  test("another cluster's disk is named with its owner, our own is not", async () => {
    const disk = await node.addDisk();
    const goal = goalOf(node.host, disk);
    await format(node.host, goal, { identity: await identityNow(node.host, goal) });
    const disks = [targetOf(goal)];
    expect(await findLeftovers(node.host, { ...wanted, disks })).toEqual([]);
    const found = await findLeftovers(node.host, { ...wanted, disks, clusterId: OTHER_CLUSTER });
    expect(found.map((l) => l.path)).toEqual(['/data/chunkserver0', '/etc/fstab']);
    expect(found[0]?.detail).toContain(`belongs to cluster ${CLUSTER}`);
    expect(found.map((l) => l.clusterId)).toEqual([CLUSTER, CLUSTER]);
  });
});

test('our own disk at a mount path that the spec now gives to another one is named before anything is done', async () => {
  const disk = await node.addDisk();
  const goal = goalOf(node.host, disk);
  await format(node.host, goal, { identity: await identityNow(node.host, goal) });
  const disks = [targetOf({ ...goal, device: '/dev/another' })];
  expect(await findLeftovers(node.host, { ...wanted, disks })).toEqual([
    {
      path: goal.mountPath,
      detail: `this cluster's own disk ${goal.device} is mounted there, and the spec now wants /dev/another there`,
      next: `name ${goal.device} with this mountPath again`,
    },
  ]);
});

describe('the host data directory', () => {
  test('is claimed once and for all', async () => {
    await claimHostDataDir(node.host, ours);
    const first = await readFile(node.at('/curvebs/.keelson.json'), 'utf8');
    await claimHostDataDir(node.host, ours);
    expect(await readFile(node.at('/curvebs/.keelson.json'), 'utf8')).toBe(first);
  });

  test('of another cluster is refused and stays as it is', async () => {
    await claimHostDataDir(node.host, theirs);
    await expect(claimHostDataDir(node.host, ours)).rejects.toMatchObject({
      code: 'HostDataDirTaken',
      message: expect.stringContaining('curve/other') as string,
    });
    expect(await readFile(node.at('/curvebs/.keelson.json'), 'utf8')).toContain(OTHER_CLUSTER);
  });

  test('with data of nobody we know is refused, and gets no owner file that would make it ours', async () => {
    await mkdir(node.at('/curvebs/data/etcd-c'), { recursive: true });
    await expect(claimHostDataDir(node.host, ours)).rejects.toMatchObject({ code: 'HostDataDirTaken' });
    expect(await leftovers()).toEqual([
      { path: '/curvebs/data/etcd-c', detail: 'data of the daemon etcd-c of an unknown cluster' },
    ]);
  });

  test('is claimed by one of two that come at the same time', async () => {
    const outcomes = await Promise.allSettled([
      claimHostDataDir(node.host, ours),
      claimHostDataDir(node.host, theirs),
    ]);
    expect(outcomes.map((o) => o.status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });
});
