import type { FailurePart, FailureText } from './failure.ts';

/** As {@link FailureText}, from a source that may say `undefined`. */
interface Tellable {
  readonly message: string;
  readonly next?: string | undefined;
}

/** A message longer than this is not read to its end, and everything that carries it has a limit. */
const MOST_LETTERS = 4_000;

/** Several things that failed, told together: none is lost unsaid, and the text stays within a bound. */
export function joinFailureTexts(parts: readonly FailurePart[]): FailureText {
  const message = boundedLines(parts.map((part) => part.message));
  const subjects = new Map<string, Set<string>>();
  for (const { subject, next } of parts) {
    if (next === undefined) continue;
    const same = subjects.get(next) ?? new Set();
    subjects.set(next, same.add(subject));
  }
  if (subjects.size === 0) return { message };
  const [only] = subjects.keys();
  if (subjects.size === 1 && only !== undefined) return { message, next: only };
  return { message, next: boundedLines([...subjects].map(([next, of]) => `${[...of].join(', ')}: ${next}`)) };
}

/** As many lines as fit; the rest is counted. */
function boundedLines(lines: readonly string[]): string {
  const each = lines.map((line) => shortened(line, MOST_LETTERS / 4));
  const shown: string[] = [];
  let letters = 0;
  for (const line of each) {
    letters += line.length + 1;
    if (letters > MOST_LETTERS) break;
    shown.push(line);
  }
  const rest = each.length - shown.length;
  return [...shown, ...(rest === 0 ? [] : [`and ${rest} more`])].join('\n');
}

const shortened = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`;

/**
 * Message and next step as one text, for what has one field: a condition and an Event of Kubernetes, a cell of the Temporal
 * UI. Where it has to be short the message gives way, since the next step is what helps.
 */
export function withNext({ message, next }: Tellable, most = Infinity): string {
  if (next === undefined) return shortened(message, most);
  const ending = `. Next: ${next}`;
  const room = Math.max(most - ending.length, most / 4);
  return shortened(`${shortened(message.replace(/[.\s]+$/, ''), room)}${ending}`, most);
}
