import { TEMPLATE_FILES, TemplateError, type Templates } from './render.ts';

const FOLDER = '/curvebs/conf';

/**
 * Prints every template line with its file and number, then how many there were: whatever a log does to a text, a
 * missing or a foreign line is noticed. awk fails by itself when a file is missing, and names it.
 */
export const READ_TEMPLATES: readonly string[] = [
  'awk',
  '{ print FILENAME ":" FNR ":" $0 } END { print "lines:" NR }',
  ...TEMPLATE_FILES.map((file) => `${FOLDER}/${file}`),
];

/** The files out of the log of {@link READ_TEMPLATES}; throws when the log is not whole. */
export function parseTemplates(log: string): Templates {
  const lines = new Map<string, string[]>(TEMPLATE_FILES.map((file) => [file, []]));
  let total: number | undefined;
  for (const line of log.split('\n')) {
    const end = /^lines:(\d+)\r?$/.exec(line);
    if (end !== null) total = Number(end[1]);
    const found = /^\/curvebs\/conf\/([^/:]+):(\d+):(.*)$/s.exec(line);
    const file = lines.get(found?.[1] ?? '');
    if (found === null || file === undefined) continue;
    if (file.push(found[3] ?? '') !== Number(found[2])) {
      throw new TemplateError(`the log of the templates lacks line ${file.length} of ${found[1]}`);
    }
  }
  const read = [...lines.values()].reduce((sum, file) => sum + file.length, 0);
  if (read !== total)
    throw new TemplateError(`the log of the templates is not whole: ${read} of ${total ?? 'unknown'} lines`);
  const empty = [...lines].find(([, content]) => content.length === 0);
  if (empty !== undefined) throw new TemplateError(`${FOLDER}/${empty[0]} of the image is empty`);
  return Object.fromEntries([...lines].map(([file, content]) => [file, `${content.join('\n')}\n`]));
}
