import type { DeviceListAnswer, NodeAnswer } from '../../requests/answers/nodes.ts';
import type { Paint } from '../terminal.ts';
import { identityWords } from './plan.ts';
import { table } from './table.ts';
import { bytes, duration } from './formats.ts';

/** Nodes, and whether their node worker asks for work. */
export function nodeTable(
  items: readonly NodeAnswer[],
  { now, wide }: { readonly now: Date; readonly wide: boolean },
): readonly string[] {
  const head = ['NAME', 'STATUS', 'WORKER', 'SEEN', 'ADDRESS', ...(wide ? ['KERNEL'] : [])];
  const rows = items.map((n) => [
    n.name,
    `${n.ready ? 'Ready' : 'NotReady'}${n.schedulable ? '' : ',SchedulingDisabled'}`,
    n.worker,
    n.workerSeen === undefined ? '-' : `${duration(now.getTime() - Date.parse(n.workerSeen))} ago`,
    n.ip ?? '-',
    ...(wide ? [n.kernelVersion ?? '-'] : []),
  ]);
  return table(head, rows, wide ? Infinity : undefined);
}

/** The disks of nodes; the last column says why one cannot be used. */
export function deviceTable(
  nodes: readonly DeviceListAnswer[],
  paint: Paint,
  wide: boolean,
): readonly string[] {
  const disks = nodes.flatMap(({ node: name, disks: its }) => its.map((disk) => ({ ...disk, node: name })));
  const head = [
    'NODE',
    'DISK',
    'SIZE',
    'TYPE',
    ...(wide ? ['DEVICE', 'MODEL', 'IDENTITY'] : []),
    'USABLE',
    'WHY NOT',
  ];
  const rows = disks.map((d) => [
    d.node,
    d.path,
    bytes(d.sizeBytes),
    d.rotational === true ? 'hdd' : d.rotational === false ? 'ssd' : d.type,
    ...(wide ? [d.device, d.model ?? '-', identityWords({ found: d })] : []),
    d.findings.length === 0 ? 'yes' : 'no',
    d.findings.map((f) => f.detail).join('; '),
  ]);
  const [first = '', ...lines] = table(head, rows, wide ? Infinity : undefined);
  return [
    first,
    ...lines.map((line, i) => ((disks[i]?.findings.length ?? 0) > 0 ? paint('dim', line) : line)),
  ];
}
