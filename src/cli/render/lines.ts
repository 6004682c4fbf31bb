import { stripVTControlCharacters } from 'node:util';

/** How much of a line a person sees, without the control characters of colours. */
export const visible = (text: string): number => stripVTControlCharacters(text).length;

/** Errors of tools have several lines; where a line is one row of a picture, they are told in one. */
export const oneLine = (text: string): string => text.trimEnd().replace(/\s*[\r\n]+\s*/g, ' ');

export const padEnd = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - visible(text)));

// Colours end with a reset, which must survive when a line is cut in the middle of a coloured part.
const SEQUENCE = /\u001B\[[0-9;]*m/y; // oxlint-disable-line no-control-regex -- it is what colours are made of

/** The line cut to a width, with colours kept and closed; `…` shows that something is missing. */
export function cut(text: string, width: number): string {
  if (visible(text) <= width) return text;
  let [result, seen, coloured] = ['', 0, false];
  for (let at = 0; at < text.length && seen < width - 1;) {
    SEQUENCE.lastIndex = at;
    const sequence = SEQUENCE.exec(text)?.[0];
    if (sequence !== undefined) {
      result += sequence;
      at += sequence.length;
      coloured = true;
      continue;
    }
    result += text.charAt(at++);
    seen++;
  }
  return `${result}…${coloured ? '\u001B[0m' : ''}`;
}
