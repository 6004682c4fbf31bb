import type { PlanAnswer } from '../../requests/answers/nodes.ts';
import type { Paint, Tone } from '../terminal.ts';
import { padEnd } from './lines.ts';
import { table } from './table.ts';
import { bytes } from './formats.ts';

type PlannedDisk = PlanAnswer['nodes'][number]['disks'][number];

const TONE: Readonly<Record<PlannedDisk['action'], Tone>> = {
  format: 'warn',
  keep: 'good',
  refuse: 'bad',
  unknown: 'warn',
};

/** A plan as a person reads it before saying yes: first every disk, then the rest, then what stands in the way. */
export function planLines(plan: PlanAnswer, paint: Paint, wide: boolean): readonly string[] {
  return [
    ...part(diskLines(plan, paint, wide)),
    ...part(instanceLines(plan)),
    ...Object.entries(plan.details).map(([what, detail]) => `${what}: ${detail}`),
    objectLine(plan, wide),
    '',
    ...verdict(plan, paint),
  ];
}

/** A part that is empty leaves no gap. */
const part = (lines: readonly string[]): readonly string[] => (lines.length === 0 ? [] : [...lines, '']);

function diskLines(plan: PlanAnswer, paint: Paint, wide: boolean): readonly string[] {
  const disks = plan.nodes.flatMap((node) => node.disks.map((disk) => ({ node, disk })));
  if (disks.length === 0) return [];
  const amounts = [...new Set(disks.flatMap(({ disk }) => Object.keys(disk.amounts ?? {})))];
  const head = [
    'NODE',
    'ZONE',
    'DISK',
    'SIZE',
    'MOUNT',
    ...amounts.map((name) => name.toUpperCase()),
    ...(wide ? ['IDENTITY'] : []),
    'ACTION',
    'WHY',
  ];
  const rows = disks.map(({ node, disk }) => [
    node.node,
    node.zone ?? '-',
    disk.device,
    disk.found === undefined ? '-' : bytes(disk.found.sizeBytes),
    disk.mountPath,
    ...amounts.map((name) => String(disk.amounts?.[name] ?? '-')),
    ...(wide ? [identityWords(disk)] : []),
    disk.action,
    disk.why,
  ]);
  const lines = table(head, rows, wide ? Infinity : undefined);
  // Colour comes after the alignment, which counts characters.
  const tinted = disks.map(({ disk }, i) =>
    (lines[i + 1] ?? '').replace(` ${disk.action} `, ` ${paint(TONE[disk.action], disk.action)} `),
  );
  return [lines[0] ?? '', ...tinted];
}

export function identityWords({ found }: Pick<PlannedDisk, 'found'>): string {
  if (found === undefined) return '-';
  const { identity } = found;
  return identity.kind === 'boot'
    ? `this boot only (${identity.device} #${identity.diskSeq})`
    : `${identity.kind} ${identity.value}`;
}

function instanceLines(plan: PlanAnswer): readonly string[] {
  if (plan.instances.length === 0) return [];
  const rows = plan.instances.map((i) => [
    i.role,
    i.id,
    i.node,
    Object.entries(i.ports)
      .map(([name, port]) => `${name} ${port}`)
      .join(', '),
  ]);
  return table(['ROLE', 'ID', 'NODE', 'PORTS'], rows);
}

function objectLine(plan: PlanAnswer, wide: boolean): string {
  const byKind = Map.groupBy(plan.objects, (o) => o.kind);
  const words = [...byKind].map(([kind, of]) =>
    wide
      ? `${kind}: ${of.map((o) => o.name).join(', ')}`
      : `${of.length} ${kind}${of.length === 1 ? '' : 's'}`,
  );
  return `objects ${words.join(wide ? '\n        ' : ', ')}`;
}

function verdict(plan: PlanAnswer, paint: Paint): readonly string[] {
  const problems = plan.problems.flatMap((p) => [paint('bad', `✘ ${p.path}: ${p.message}`), `  → ${p.next}`]);
  const silent = plan.nodes
    .filter((n) => !n.answered)
    .map((n) => paint('warn', `! ${n.node} does not answer: what is on it is unknown`));
  const disks = plan.nodes.flatMap((n) => n.disks);
  const formats = disks.filter((d) => d.action === 'format').length;
  const formatting = formats === 0 ? 'no disk would be formatted' : `${formats} disks would be formatted`;
  const done = plan.possible
    ? `${paint('good', '✔')} possible: ${disks.length === 0 ? '' : `${formatting}; `}nothing was changed`
    : `${paint('bad', '✘')} not possible as it stands; nothing was changed`;
  return [...problems, ...silent, padEnd(done, 0)];
}
