import type { ClusterDetail, ClusterSummary } from '../../requests/answers/clusters.ts';
import type { Paint, Tone } from '../terminal.ts';
import { oneLine } from './lines.ts';
import { type PhasesOptions, phaseLines } from './phases.ts';
import { table } from './table.ts';
import { duration } from './formats.ts';

/** Clusters as kubectl lists things. */
export function clusterTable(
  items: readonly ClusterSummary[],
  options: { readonly now: Date; readonly wide: boolean },
): readonly string[] {
  const { now, wide } = options;
  // Told where it tells clusters apart, and where there is room.
  const several = wide || new Set(items.map((c) => c.system)).size > 1;
  const head = [
    ...(several ? ['SYSTEM'] : []),
    'NAMESPACE',
    'NAME',
    'READY',
    'STATE',
    'PHASE',
    'GENERATION',
    'AGE',
    ...(wide ? ['IMAGE', 'MESSAGE'] : []),
  ];
  const rows = items.map((c) => [
    ...(several ? [c.system] : []),
    c.namespace,
    c.name,
    c.ready.status,
    c.state,
    c.phase ?? '-',
    String(c.generation),
    c.created === undefined ? '-' : duration(now.getTime() - Date.parse(c.created)),
    ...(wide ? [c.image ?? '-', c.message ?? ''] : []),
  ]);
  return table(head, rows, wide ? Infinity : undefined);
}

const STATE_TONE: Readonly<Record<ClusterSummary['state'], Tone>> = {
  Pending: 'dim',
  Refused: 'bad',
  Running: 'busy',
  Succeeded: 'good',
  Failed: 'bad',
  Superseded: 'warn',
};
const READY_TONE = { True: 'good', False: 'warn', Unknown: 'dim' } as const satisfies Record<string, Tone>;

/** One cluster whole: where it stands, its phases, whether it is Ready, where to look further. */
export function clusterScreen(cluster: ClusterDetail, options: PhasesOptions): readonly string[] {
  const { paint } = options;
  return [
    headLine(cluster, options),
    ...(cluster.stale
      ? [paint('warn', `  as remembered by the resource: ${cluster.staleReason ?? 'Temporal is away'}`)]
      : []),
    '',
    ...(cluster.phases.length > 0
      ? phaseLines(cluster, options)
      : [paint('dim', '  nothing was started yet')]),
    '',
    readyLine(cluster, paint),
    ...failureLines(cluster, paint),
    ...(cluster.links.temporalUi === undefined
      ? []
      : [paint('dim', `  Temporal UI  ${cluster.links.temporalUi}`)]),
  ].map(oneLine);
}

function headLine(cluster: ClusterDetail, { paint, now }: PhasesOptions): string {
  const { operation } = cluster;
  const state = paint(STATE_TONE[cluster.state], cluster.state);
  const title = `${paint('strong', cluster.name)} ${paint('dim', `in ${cluster.namespace}`)}`;
  const attempt = operation !== undefined && operation.attempt > 1 ? `, attempt ${operation.attempt}` : '';
  return `${title}   generation ${operation?.generation ?? cluster.generation}${attempt}   ${state}   ${elapsed(cluster, now)}`.trimEnd();
}

/** How long the newest operation has taken, or took. */
export function elapsed({ operation }: ClusterDetail, now: Date): string {
  if (operation?.started === undefined) return '';
  const end = operation.finished === undefined ? now.getTime() : Date.parse(operation.finished);
  return duration(end - Date.parse(operation.started));
}

function readyLine({ ready, operation }: ClusterDetail, paint: Paint): string {
  // While it is built nobody expects it to be Ready: an alarming word would only frighten.
  const building = operation?.state === 'Running' && ready.status !== 'True';
  const tone = building ? 'dim' : READY_TONE[ready.status];
  return `  Ready  ${paint(tone, ready.status)}  ${paint('dim', ready.message)}`;
}

function failureLines(cluster: ClusterDetail, paint: Paint): readonly string[] {
  const at = `${cluster.name} -n ${cluster.namespace}`;
  if (cluster.state === 'Refused') {
    return [
      '',
      ...lines(cluster.message).map((l) => paint('bad', `  ${l}`)),
      '  next: correct the manifest and apply it again',
    ];
  }
  if (cluster.operation?.state !== 'Failed') return [];
  const { message, next = 'correct the cause' } = cluster.operation;
  const failed = lines(message).map((l) => paint('bad', `  ${l}`));
  const steps = lines(next).map((l, i) => (i === 0 ? `  next: ${l}` : `        ${l}`));
  return ['', ...failed, ...steps, `  then: keelson retry ${at}  (or apply the corrected manifest)`];
}

const lines = (text: string | undefined): readonly string[] =>
  text === undefined || text === '' ? [] : text.split('\n');
