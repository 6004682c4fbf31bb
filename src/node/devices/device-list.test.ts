import { symlink } from 'node:fs/promises';
import { beforeAll, expect, test, vi } from 'vitest';
import { TestNode } from '../../../test/support/test-node.ts';
import { listBlockDevices, stableNames } from './device-list.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.create({ disks: 2 });
  return () => node.remove();
});

test("only the node's own disks are listed, whatever else the kernel has", async () => {
  const listed = (await listBlockDevices(node.host)).map((d) => d.device);
  expect(listed.toSorted()).toEqual(node.disks.map((d) => d.device).toSorted());
});

test('a hardware name is better than a link below /dev, and who made the disk better than a number', async () => {
  const [first, second] = node.disks;
  const byId = `${node.host.dev}/disk/by-id`;
  for (const name of ['wwn-0x5000c500a1b2c3d4', 'ata-MAKER_MODEL_S4EVNX0R', 'lvm-pv-uuid-abc']) {
    await symlink(first?.device ?? '', `${byId}/${name}`);
  }
  await symlink('../../gone', `${byId}/ata-GONE`);
  expect(await stableNames(node.host)).toEqual(
    new Map([
      [first?.device, `${byId}/ata-MAKER_MODEL_S4EVNX0R`],
      [second?.device, second?.path],
    ]),
  );
});
