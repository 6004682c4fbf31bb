import { nodeOfQueue } from '../../src/workflows/queues.ts';
import { expect, test } from 'vitest';
import type { DiskFinding } from '../../src/disks/facts.ts';
import { auditOf } from '../support/audit-record.ts';
import { traceOf } from '../support/disk-image.ts';
import { endsAsUndisturbed } from '../support/ending.ts';
import { disksOf } from '../support/evidence-disks.ts';
import { eventually } from '../support/eventually.ts';
import {
  claim,
  makeFilesystem,
  makeLvmLabel,
  makePartitionTable,
  mountOn,
  wipe,
} from '../support/foreign-disks.ts';
import { namesOn, runOn } from '../support/node-root.ts';
import { reference } from '../support/reference.ts';
import { stage } from '../support/stage.ts';
import { log } from '../support/sandbox.ts';

const FAILED_MS = 240_000;
const MOUNTED_AT = '/mnt/somebodys';

/** Which disk is made unusable, and how the refusal must name it. */
const FOREIGN: readonly { node: string; device: string; kind: DiskFinding['kind']; says: RegExp }[] = [
  { node: 'node1', device: '/dev/vdc', kind: 'filesystem', says: /ext4/ },
  { node: 'node1', device: '/dev/vdd', kind: 'partition-table', says: /gpt/i },
  { node: 'node1', device: '/dev/vde', kind: 'signature', says: /LVM/ },
  { node: 'node2', device: '/dev/vdc', kind: 'mounted', says: /mounted at \/mnt\/somebodys/ },
  { node: 'node2', device: '/dev/vdd', kind: 'in-use', says: /.+/ },
];

test('a disk that holds anything is refused, before the plan and between plan and format', async () => {
  const undisturbed = await reference();
  await using kind = await stage();
  const { box, hold, cluster } = kind;
  const disks = disksOf(box, cluster);
  const hostDataDir = cluster.document.spec.hostDataDir;

  await makeFilesystem(box, 'node1', '/dev/vdc');
  await makePartitionTable(box, 'node1', '/dev/vdd');
  await makeLvmLabel(box, 'node1', '/dev/vde');
  await makeFilesystem(box, 'node2', '/dev/vdc');
  await mountOn(box, 'node2', '/dev/vdc', MOUNTED_AT);
  const holder = await claim(box, 'node2', '/dev/vdd');

  const look = async () => ({
    disks: await Promise.all(
      disks.map(async (d) => `${d.node} ${d.device} ${await traceOf(d.node, d.device)}`),
    ),
    audit: await auditOf(box, box.nodes),
    folders: await Promise.all(
      box.nodes.map(async (node) => [
        await namesOn(box, node, hostDataDir),
        await namesOn(box, node, '/data'),
      ]),
    ),
  });
  const before = await look();
  expect(before.audit).toEqual([]);

  // The plan names what it found, disk by disk.
  const plan = await cluster.plan();
  expect(plan.possible).toBe(false);
  const planned = plan.nodes.flatMap((n) => n.disks.map((d) => ({ ...d, node: n.node })));
  for (const { node, device, kind: found, says } of FOREIGN) {
    const disk = planned.find((d) => d.node === node && d.device === device);
    expect(disk, `${node} ${device}`).toMatchObject({ action: 'refuse' });
    expect(
      disk?.found?.findings.map((f) => f.kind),
      `${node} ${device}`,
    ).toContain(found);
    expect(disk?.why).toMatch(says);
  }
  expect(planned.filter((d) => d.action === 'format')).toHaveLength(disks.length - FOREIGN.length);

  // So does the operation, and because of one refusal nothing is written on any node.
  await cluster.apply();
  const failed = await cluster.ended(['Failed', 'Succeeded'], FAILED_MS);
  expect(failed.operation?.state).toBe('Failed');
  for (const { device, says } of FOREIGN) {
    expect(failed.operation?.message).toContain(device);
    expect(failed.operation?.message).toMatch(says);
  }
  log(failed.operation?.message ?? '');
  expect(await look()).toEqual(before);

  // A person frees the disks, and tries again. This time one disk gets a file system between plan and format.
  await runOn(box, 'node2', ['umount', MOUNTED_AT]);
  await holder.close();
  for (const { node, device } of FOREIGN) await wipe(box, node, device);
  const formatting = hold.expect({ activity: 'formatDisks', when: 'before', node: 'node1' });
  await cluster.retry();
  const held = await formatting.reached(FAILED_MS);
  await makeFilesystem(box, 'node1', '/dev/vdd');
  const late = await traceOf('node1', '/dev/vdd');
  // The refusal ends the operation, and a node that has not formatted by then would be left as it is.
  await eventually(
    'node2 and node3 have formatted',
    async () =>
      hold.passed.filter((p) => p.activity === 'formatDisks' && p.when === 'after').map((p) => p.taskQueue),
    (queues) => ['node2', 'node3'].every((node) => queues.map(nodeOfQueue).includes(node)),
    FAILED_MS,
  );
  held.release();
  const refused = await cluster.until(
    'the second attempt has failed',
    ({ operation }) => operation?.attempt === 2 && operation.state !== 'Running',
    FAILED_MS,
  );
  expect(refused.operation?.state).toBe('Failed');
  expect(refused.operation?.message).toMatch(/\/dev\/vdd on node node1.*ext4/);
  expect(await traceOf('node1', '/dev/vdd'), 'nothing was written to the late one').toBe(late);
  const formatted = (await auditOf(box, box.nodes))
    .filter((r) => r.command[0] === 'mkfs.ext4')
    .map((r) => `${r.node} ${r.path}`);
  expect(formatted.sort(), 'all others were formatted').toEqual(
    disks.map((d) => `${d.node} ${d.device}`).filter((d) => d !== 'node1 /dev/vdd'),
  );

  await wipe(box, 'node1', '/dev/vdd');
  await cluster.retry();
  await cluster.until('the third attempt runs', ({ operation }) => operation?.attempt === 3, 30_000);
  await endsAsUndisturbed(kind, undisturbed);
});
