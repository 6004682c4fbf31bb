import { styleText } from 'node:util';

/** Where a command writes, and how wide that is. Tests give their own. */
export interface Terminal {
  readonly out: (text: string) => void;
  /** Hints, warnings and errors: never mixed with what scripts read. */
  readonly err: (text: string) => void;
  /** Repainting and colour make sense. */
  readonly live: boolean;
  readonly size: () => { readonly columns: number; readonly rows: number };
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  return {
    out: (text) => void stdout.write(`${text}\n`),
    err: (text) => void stderr.write(`${text}\n`),
    live: stdout.isTTY && env['TERM'] !== 'dumb',
    size: () => ({ columns: stdout.columns || 100, rows: stdout.rows || 40 }),
    env,
    now: () => new Date(),
  };
}

export type Tone = 'good' | 'bad' | 'busy' | 'dim' | 'strong' | 'warn';

const TONES = {
  good: 'green',
  bad: 'red',
  busy: 'cyan',
  dim: 'dim',
  strong: 'bold',
  warn: 'yellow',
} as const satisfies Record<Tone, Parameters<typeof styleText>[0]>;

/** Gives text a tone, or leaves it as it is. */
export type Paint = (tone: Tone, text: string) => string;

export const plain: Paint = (_tone, text) => text;

/** Colours on a live terminal, unless NO_COLOR says otherwise. */
export function paintFor(terminal: Terminal): Paint {
  if (!terminal.live || terminal.env['NO_COLOR']) return plain;
  return (tone, text) => styleText(TONES[tone], text, { validateStream: false });
}
