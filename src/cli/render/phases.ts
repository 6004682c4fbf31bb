import type { ClusterDetail, PhaseAnswer } from '../../requests/answers/clusters.ts';
import type { Paint, Tone } from '../terminal.ts';
import { padEnd } from './lines.ts';
import { duration } from './formats.ts';

export interface PhasesOptions {
  readonly paint: Paint;
  /** Now, by the server's clock: its times are compared with it. */
  readonly now: Date;
  /** Counts up while the view is repainted, for the glyph that turns. */
  readonly frame: number;
  /** Lines of detail below each running phase. */
  readonly details: number;
}

const LOOK: Readonly<Record<PhaseAnswer['state'], { readonly glyph: string; readonly tone: Tone }>> = {
  Pending: { glyph: '·', tone: 'dim' },
  Running: { glyph: '●', tone: 'busy' },
  Skipped: { glyph: '↷', tone: 'dim' },
  Done: { glyph: '✔', tone: 'good' },
  Failed: { glyph: '✘', tone: 'bad' },
};
const TURNING = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const BAR_WIDTH = 20;
/** Room for the title of a phase. */
export const NAME_WIDTH = 15;

/** What people call a phase: `physical pool` for `physicalPool`. */
export const titleOf = (name: PhaseAnswer['name']): string =>
  name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** The phases as a table: glyph, name, state, nodes done of total, time, and what is to say about it. */
export function phaseLines(
  cluster: Pick<ClusterDetail, 'phases'>,
  options: PhasesOptions,
): readonly string[] {
  const head = `  ${padEnd('PHASE', NAME_WIDTH)}  ${padEnd('STATE', 7)}  ${'NODES'.padStart(7)}  ${'TIME'.padStart(7)}`;
  return [
    options.paint('dim', `  ${head}`),
    ...cluster.phases.flatMap((phase) => [phaseLine(phase, options), ...detailLines(phase, options)]),
  ];
}

function phaseLine(phase: PhaseAnswer, { paint, now, frame }: PhasesOptions): string {
  const { glyph, tone } = LOOK[phase.state];
  const turning = phase.state === 'Running' ? (TURNING[frame % TURNING.length] ?? glyph) : glyph;
  const nodes = phase.nodes.total > 0 ? `${phase.nodes.done}/${phase.nodes.total}` : '';
  const dull = phase.state === 'Pending' || phase.state === 'Skipped';
  const cells = `${padEnd(titleOf(phase.name), NAME_WIDTH)}  ${padEnd(phase.state, 7)}  ${nodes.padStart(7)}  ${timeOf(phase, now).padStart(7)}`;
  return `  ${paint(tone, turning)} ${dull ? paint('dim', cells) : cells}  ${remark(phase, paint)}`.trimEnd();
}

function timeOf({ started, finished, state }: PhaseAnswer, now: Date): string {
  if (started === undefined || state === 'Skipped') return '';
  const end = finished === undefined ? now.getTime() : Date.parse(finished);
  return duration(end - Date.parse(started));
}

/** Behind the cells: a bar while it runs, else what was done or what went wrong. */
function remark(phase: PhaseAnswer, paint: Paint): string {
  if (phase.state === 'Failed') return paint('bad', inOneRow(phase.lastError ?? phase.message ?? ''));
  if (phase.state !== 'Running') return paint('dim', phase.message ?? '');
  if (phase.percent === undefined) return paint('dim', phase.message ?? '');
  return `${bar(phase.percent, paint)} ${String(phase.percent).padStart(3)} %`;
}

/** Several things that failed stand on a line each. */
const inOneRow = (text: string): string => text.trimEnd().replaceAll(/([^:;,\s])\s*\n\s*/g, '$1; ');

export function bar(percent: number, paint: Paint): string {
  const full = Math.round((BAR_WIDTH * Math.min(100, percent)) / 100);
  return paint('busy', '━'.repeat(full)) + paint('dim', '─'.repeat(BAR_WIDTH - full));
}

/** Below a running phase: who holds it up, what failed and is tried again, what is waited for. */
function detailLines(phase: PhaseAnswer, { paint, details }: PhasesOptions): readonly string[] {
  if (phase.state !== 'Running') return [];
  const retried = phase.work
    .filter((w) => w.lastError !== undefined)
    .map((w) =>
      paint(
        'warn',
        `${w.node === undefined ? '' : `${w.node}: `}attempt ${w.attempt}, before: ${inOneRow(w.lastError ?? '')}`,
      ),
    );
  const steps = [...new Set(phase.work.flatMap((w) => w.next ?? []))].map((next) =>
    paint('warn', `next: ${inOneRow(next)}`),
  );
  const waits = phase.waitingFor.map((text) =>
    phase.blocked.some((node) => text.startsWith(`${node}: `)) ? paint('warn', text) : paint('dim', text),
  );
  const lines = [...retried, ...steps, ...waits];
  const shown = lines.length > details ? lines.slice(0, Math.max(0, details - 1)) : lines;
  const rest = lines.length - shown.length;
  return [...shown, ...(rest > 0 && details > 0 ? [paint('dim', `and ${rest} more`)] : [])].map(
    (line) => `      ${line}`,
  );
}
