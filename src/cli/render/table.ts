import { oneLine } from './lines.ts';

/** What fits a terminal beside an editor, and a ticket. */
const WIDTH = 120;
/** A last column with less room than this goes below its row. */
const LEAST_LAST = 24;
const GAP = 3;

/**
 * Columns as kubectl aligns them: padded with three spaces, the last one open. What of it goes beyond the width stands
 * below, as a part of its row. A table that was asked for as wide has no width.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number = WIDTH,
): readonly string[] {
  const all = [head, ...rows].map((row) => row.map(oneLine));
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const before = widths.slice(0, -1).reduce((sum, columns) => sum + columns + GAP, 0);
  return all.map((row) => {
    const cells = row.slice(0, -1).map((cell, column) => cell.padEnd((widths[column] ?? 0) + GAP));
    return [...cells, openCell(row.at(-1) ?? '', before, width)].join('').trimEnd();
  });
}

/** The last cell of a row, with the columns before it; its further lines are indented. */
function openCell(text: string, before: number, width: number): string {
  if (before + text.length <= width) return text;
  const below = width - before < LEAST_LAST;
  const indent = below ? GAP + 1 : before;
  const lines = wrapped(text, width - indent);
  return `${below ? `\n${' '.repeat(indent)}` : ''}${lines.join(`\n${' '.repeat(indent)}`)}`;
}

/** Cut between words; a word that is too long stays whole, so that it can be copied. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
