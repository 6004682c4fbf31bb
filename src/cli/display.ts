import { stringify } from 'yaml';
import type { ClusterDetail } from '../requests/answers/clusters.ts';
import type { Heard } from './follow.ts';
import { clusterScreen } from './render/cluster.ts';
import { cut, oneLine } from './render/lines.ts';
import { progressLine, transitionLine } from './render/transitions.ts';
import { type Terminal, paintFor, plain } from './terminal.ts';

/** Shows what a follower hears. */
export interface Display {
  readonly show: (heard: Heard) => void;
  readonly end: () => void;
}

/** Smooth to the eye, and nothing for a terminal. */
const FRAME_MS = 120;

/** A table that is repainted in place, for people. */
export function liveDisplay(terminal: Terminal): Display {
  const paint = paintFor(terminal);
  let cluster: ClusterDetail | undefined;
  let trouble: string | undefined;
  let [skewMs, frame, painted, ended] = [0, 0, 0, false];

  const screen = (): readonly string[] => {
    if (cluster === undefined) return [];
    const { rows, columns } = terminal.size();
    const now = new Date(terminal.now().getTime() + skewMs);
    const view = cluster;
    const made = (details: number): string[] => [
      ...clusterScreen(view, { paint, now, frame, details }),
      ...(trouble === undefined ? [] : [paint('warn', oneLine(`  ${trouble}`))]),
    ];
    // A screen that is too small loses details first: lines that scrolled away could not be repainted.
    const fitting =
      [6, 4, 2, 1, 0].map(made).find((lines) => lines.length < rows) ?? made(0).slice(0, rows - 1);
    return fitting.map((line) => cut(line, columns));
  };
  const repaint = (): void => {
    const lines = screen();
    if (lines.length === 0) return;
    const up = painted > 0 ? `\u001B[${painted}A` : '\u001B[?25l';
    terminal.out(`${up}\r${lines.map((line) => `${line}\u001B[K`).join('\n')}\u001B[J`);
    painted = lines.length;
    frame++;
  };
  const timer = setInterval(repaint, FRAME_MS);
  return {
    show: (heard) => {
      trouble = troubleOf(heard);
      if (heard.kind === 'cluster') ({ data: cluster, skewMs } = heard);
    },
    end: () => {
      if (ended) return;
      ended = true;
      clearInterval(timer);
      repaint();
      terminal.out('\u001B[?25h\u001B[1A');
    },
  };
}

function troubleOf(heard: Heard): string | undefined {
  if (heard.kind === 'lost') return `connection lost, trying again: ${heard.why}`;
  if (heard.kind === 'problem') return heard.data.detail;
  return undefined;
}

/** How long a log may say nothing while something runs. */
const QUIET_MS = 15_000;

/** Plain lines, for logs and pipes: each transition once, and now and then how far the rest is. */
export function lineDisplay(terminal: Terminal): Display {
  let cluster: ClusterDetail | undefined;
  let told = '';
  const progress = (): void => {
    const line = cluster === undefined ? '' : progressLine(cluster, terminal.now());
    if (line !== '') terminal.out(line);
  };
  let timer = setInterval(progress, QUIET_MS);
  return {
    show: (heard) => {
      if (heard.kind === 'cluster') cluster = heard.data;
      if (heard.kind === 'transition') {
        terminal.out(transitionLine(heard.data));
        clearInterval(timer);
        timer = setInterval(progress, QUIET_MS);
      }
      const trouble = troubleOf(heard) ?? '';
      if (trouble !== '' && trouble !== told) terminal.err(trouble);
      told = trouble;
    },
    end: () => clearInterval(timer),
  };
}

/** Every event for programs: a line of JSON each, or a document of YAML each. */
export function dataDisplay(terminal: Terminal, format: 'json' | 'yaml'): Display {
  const written = (event: object): string =>
    format === 'json' ? JSON.stringify(event) : `---\n${stringify(event).trimEnd()}`;
  return {
    show: (heard) => {
      if (heard.kind === 'lost') terminal.err(troubleOf(heard) ?? '');
      else terminal.out(written({ event: heard.kind, ...('data' in heard ? { data: heard.data } : heard) }));
    },
    end: () => undefined,
  };
}

/** One cluster, painted once: for `get NAME`. */
export function stillPicture(terminal: Terminal, cluster: ClusterDetail): readonly string[] {
  const paint = terminal.live ? paintFor(terminal) : plain;
  return clusterScreen(cluster, { paint, now: terminal.now(), frame: 0, details: 4 });
}
