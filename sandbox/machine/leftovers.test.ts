import { expect, it } from 'vitest';
import { problemOf, type Leftovers } from './leftovers.ts';

const nothing: Leftovers = {
  processes: [],
  groups: [],
  interfaces: [],
  namespaces: [],
  loops: [],
  mounts: [],
  folders: [],
};

it('says nothing when nothing is left', () => {
  expect(problemOf(nothing)).toBeUndefined();
});

it.each<[what: string, left: Partial<Leftovers>, line: string]>([
  ['a process', { processes: [{ pid: 4711, name: 'etcd' }] }, 'process 4711 (etcd): kill -9 4711'],
  [
    'a control group',
    { groups: ['/sys/fs/cgroup/keelson'] },
    'control group /sys/fs/cgroup/keelson: rmdir /sys/fs/cgroup/keelson',
  ],
  ['the bridge', { interfaces: ['keelson0'] }, 'network interface keelson0: ip link delete keelson0'],
  [
    'a namespace',
    { namespaces: ['keelson-node1'] },
    'network namespace keelson-node1: ip netns delete keelson-node1',
  ],
  [
    'a disk',
    { loops: [['/dev/loop3', '/s/vdc.img']] },
    'loop device /dev/loop3 over /s/vdc.img: losetup --detach /dev/loop3',
  ],
  ['a mount', { mounts: ['/s/root'] }, 'mount /s/root: umount /s/root'],
  ['a folder', { folders: ['/s'] }, 'folder /s: rm -r /s'],
])('%s that is left is named, with what to do about it', (_, left, line) => {
  const problem = problemOf({ ...nothing, ...left });
  expect(problem?.message.split('\n').slice(1)).toEqual([`  ${line}`]);
  expect(problem?.next).toContain('npm run sandbox -- down');
});

it('everything that is left is listed at once', () => {
  const problem = problemOf({ ...nothing, interfaces: ['keelson0', 'kn-node1'], folders: ['/s'] });
  expect(problem?.message.split('\n')).toHaveLength(4);
});
