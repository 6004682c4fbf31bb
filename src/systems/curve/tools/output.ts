/** A tool's answer that says nothing about the cluster; asking again may help. */
export class ToolAnswerError extends Error {
  override readonly name = 'ToolAnswerError';
}

export const linesOf = (output: string): readonly string[] =>
  output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** The fields of a line `name = value, name = value`; values hold no comma followed by another `name =`. */
export const fieldsOf = (line: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    line.split(/, (?=\w[\w ]* = )/).flatMap((part) => {
      const at = part.indexOf(' = ');
      return at < 0 ? [] : [[part.slice(0, at).trim(), part.slice(at + 3).trim()]];
    }),
  );

/** Does the output say that no leading mds answered? */
export const withoutLeader = (output: string): boolean =>
  /^(Init mdsClient failed!|Init copysetCheckCore fail!|Init channel to all mds fail!)/m.test(output);

/** The last lines that say something, for messages. */
export const lastWords = (output: string, lines = 3): string =>
  linesOf(output).slice(-lines).join(' / ').slice(0, 600);

export function numberIn(fields: Readonly<Record<string, string>>, field: string, command: string): number {
  const value = fields[field];
  if (value === undefined || !/^\d+$/.test(value)) {
    throw new ToolAnswerError(
      `${command} names no ${field}, or none that is a number (${value ?? 'missing'})`,
    );
  }
  return Number(value);
}

/** The signal that ended a container: exit codes 129 to 159. 255 is the tools' own way to fail (-1). */
export const signalOf = (exitCode: number): number | undefined =>
  exitCode > 128 && exitCode < 160 ? exitCode - 128 : undefined;
