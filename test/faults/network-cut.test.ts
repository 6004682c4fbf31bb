import { nodeOfQueue } from '../../src/workflows/queues.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { auditOf } from '../support/audit-record.ts';
import { CurveFault } from '../support/curve-faults.ts';
import { endsAsUndisturbed } from '../support/ending.ts';
import { jobNames } from '../support/evidence-objects.ts';
import { eventually } from '../support/eventually.ts';
import { nodeProcesses } from '../support/processes.ts';
import { reference } from '../support/reference.ts';
import { stage } from '../support/stage.ts';
import { type Sandbox, log } from '../support/sandbox.ts';

const REACHED_MS = 180_000;
/** How long the cable is out: the fault itself, longer than every limit by which a lost worker is noticed. */
const CUT_MS = 60_000;

async function cut(box: Sandbox, node: string): Promise<void> {
  log(`cutting off ${node}`);
  await box.run('node', 'cut', node);
  await delay(CUT_MS);
  await box.run('node', 'join', node);
}

interface Job {
  readonly metadata: { readonly name: string };
  readonly status: { readonly succeeded?: number };
}

const isOnNode2 = (name: string): boolean => name.includes('-format-node2-');

test('a node is cut off for a minute during mkfs, and another during curve_format', async () => {
  const undisturbed = await reference();
  await using kind = await stage({ mkfs: true });
  const { box, hold, cluster } = kind;
  const [disk] = cluster.document.spec.storage.devices ?? [];
  const filling = new CurveFault(box, 'node2', disk?.mountPath ?? '', 'curve_format.hold-after-chunks');
  hold.passing({ activity: 'formatDisks', when: 'after', node: 'node2' }, () => filling.on('5'));

  const inMkfs = hold.expect({ activity: 'mkfs.ext4', when: 'before', node: 'node1' });
  // Whatever its number: Temporal may have sent an attempt into the connection that was cut.
  const second = hold.expect({ activity: 'formatDisks', when: 'before', node: 'node1', nth: 2 });
  await cluster.apply();

  const toldOf = (node: string, when: 'before' | 'after') =>
    hold.passed.filter(
      (p) => p.activity === 'mkfs.ext4' && p.when === when && nodeOfQueue(p.taskQueue) === node,
    );

  const duringMkfs = async (): Promise<void> => {
    const first = await inMkfs.reached(REACHED_MS);
    // The wrapper of a mkfs that has not told of its end would fail by the cut itself, and look like one begun twice.
    await eventually(
      'the mkfs of the other disks have ended',
      async () => toldOf('node1', 'after').length,
      (ended) => ended === (cluster.document.spec.storage.devices ?? []).length - 1,
      REACHED_MS,
    );
    await cut(box, 'node1');
    (await second.reached(REACHED_MS)).release();
    // The second attempt has come while the first one's mkfs still stands: it must wait for the lock of the device.
    const device = first.point.input.split(' ')[0] ?? '';
    await eventually(
      'the second attempt waits for the lock',
      () => nodeProcesses(box, 'node1'),
      (processes) => processes.some((p) => p.command.startsWith('flock --exclusive')),
      30_000,
    );
    expect(toldOf('node1', 'before').filter((p) => p.input.startsWith(`${device} `))).toHaveLength(1);
    expect(first.isGone(), 'the first mkfs still stands').toBe(false);
    first.release();
  };
  const duringCurveFormat = async (): Promise<void> => {
    await filling.reached(REACHED_MS);
    // Else one that had not begun would begin after the cut, and could not be told from a second one.
    await eventually(
      'the pools of the other disks are filled',
      () => box.list<Job>('jobs', '-n', cluster.namespace),
      (jobs) =>
        jobs.filter(({ metadata, status }) => isOnNode2(metadata.name) && status.succeeded === 1).length ===
        2,
      REACHED_MS,
    );
    await cut(box, 'node2');
    const formats = (await nodeProcesses(box, 'node2')).filter((p) => p.command.includes('curve_format'));
    expect(formats.length, 'one curve_format for the disk that is held').toBe(1);
    await filling.off();
  };
  await cluster.unlessFailed(Promise.all([duringMkfs(), duringCurveFormat()]));

  await endsAsUndisturbed(kind, undisturbed);
  const names = await jobNames(box, cluster);
  expect(names.filter((name) => name.includes('format') && !name.endsWith('-1'))).toEqual([]);
  const runs = await auditOf(box, ['node1']);
  expect(runs.filter((r) => r.command[0] === 'mkfs.ext4').every((r) => r.attempt === 1)).toBe(true);
});
