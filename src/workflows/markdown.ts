/** One row of a table in the details that the Temporal UI shows. What a cell says must not break the table. */
export const row = (...cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, '; ');
