/**
 * Finds citations of files and headings that this repository does not have, in comments and in documentation. A comment
 * that sends its reader to a file which was moved, or which only its author had, is worse than none.
 */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize, resolve } from 'node:path';

/** Text of every file that is read for citations or headings, by its path from the root of the repository. */
export type Texts = ReadonlyMap<string, string>;

export interface Repository {
  /** Every file, from the root; folders follow from them. */
  readonly files: readonly string[];
  readonly texts: Texts;
}

interface Citation {
  readonly line: number;
  /** As it is written, e.g. `docs/disks.md#identity`. */
  readonly cited: string;
  /** A link of Markdown is followed from its own file, everything else from the root too. */
  readonly isLink: boolean;
}

/** One line for each dead citation: `file:line cites …, which …`. */
export function deadReferences(repository: Repository): readonly string[] {
  const paths = pathsOf(repository.files);
  const anchors = anchorsOf(repository.texts);
  return [...repository.texts].flatMap(([file, text]) =>
    citationsIn(file, text).flatMap((citation) => {
      const why = whyDead(file, citation, paths, anchors);
      return why === undefined ? [] : [`${file}:${citation.line} cites ${citation.cited}, ${why}`];
    }),
  );
}

function whyDead(
  file: string,
  { cited, isLink }: Citation,
  paths: ReadonlySet<string>,
  anchors: ReadonlyMap<string, ReadonlySet<string>>,
): string | undefined {
  const [path = '', anchor] = cited.split('#', 2);
  const found = path === '' ? file : resolved(file, path, isLink, paths);
  if (found === undefined) return 'which does not exist';
  if (anchor === undefined || anchors.get(found)?.has(anchor) !== false) return undefined;
  return `and ${found} has no such heading`;
}

function resolved(
  file: string,
  path: string,
  isLink: boolean,
  paths: ReadonlySet<string>,
): string | undefined {
  const beside = normalize(join(dirname(file), path)).replace(/\/$/, '');
  const fromRoot = normalize(path).replace(/\/$/, '');
  const candidates = isLink ? [beside] : [fromRoot, beside];
  const found = candidates.find((candidate) => paths.has(candidate));
  if (found !== undefined || isLink) return found;
  // A decision is cited by its number, tests by a filter; a source file by the end of its path, as imports do.
  const ends = SOURCE.test(path) ? [`/${path.replace(/^(\.\.?\/)+/, '')}`] : [];
  const begins = /\.\w+$/.test(path) ? [] : [`${fromRoot}.`, `${fromRoot}-`];
  return [...paths].find(
    (known) => ends.some((end) => known.endsWith(end)) || begins.some((begin) => known.startsWith(begin)),
  );
}

const SOURCE = /\.(ts|mjs|go)$/;

/** Files and the folders that they lie in. */
function pathsOf(files: readonly string[]): ReadonlySet<string> {
  const paths = new Set(['.', ...files]);
  for (const file of files) {
    for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) paths.add(folder);
  }
  return paths;
}

function anchorsOf(texts: Texts): ReadonlyMap<string, ReadonlySet<string>> {
  const documents = [...texts].filter(([file]) => file.endsWith('.md'));
  return new Map(documents.map(([file, text]) => [file, new Set(headingAnchors(text))]));
}

/** The anchors that GitHub gives to the headings of a document, in order. */
export function headingAnchors(markdown: string): readonly string[] {
  const times = new Map<string, number>();
  return proseOf(markdown).flatMap((line) => {
    const heading = /^#{1,6} +(.+?) *#*$/.exec(line)?.[1];
    if (heading === undefined) return [];
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    const slug = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    const before = times.get(slug) ?? 0;
    times.set(slug, before + 1);
    return [before === 0 ? slug : `${slug}-${before}`];
  });
}

/** The lines of a document, those of code blocks empty. */
function proseOf(markdown: string): readonly string[] {
  let fence = '';
  return markdown.split('\n').map((line) => {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1] ?? '';
    if (fence === '') fence = mark;
    else if (mark.startsWith(fence)) fence = '';
    else return '';
    return fence === '' && mark === '' ? line : '';
  });
}

/** Everything in a file that names another one. */
export function citationsIn(file: string, text: string): readonly Citation[] {
  if (file.endsWith('.md')) {
    return proseOf(text).flatMap((line, i) => [...linksIn(line, i + 1), ...namesIn(line, i + 1)]);
  }
  const comment = SOURCE.test(file) ? COMMENT_IN_CODE : COMMENT_ELSEWHERE;
  return text.split('\n').flatMap((line, i) => namesIn(comment.exec(line)?.[1] ?? '', i + 1));
}

/** Prettier begins each line of a block comment with an asterisk. */
const COMMENT_IN_CODE = /(?:^\s*\/?\*|(?:^|\s)\/\/\s)(.*)$/;
/** Shell, YAML, Dockerfiles, and templates of the chart. */
const COMMENT_ELSEWHERE = /(?:^|\s)(?:#|\{\{-?\s*\/\*|\/\/\s)(.*)$/;

const LINK = /\]\(([^)\s]+)\)/g;

function linksIn(line: string, number: number): readonly Citation[] {
  return [...line.matchAll(LINK)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((cited) => ({ line: number, cited, isLink: true }));
}

/** Folders whose paths are cited from the root. */
const FOLDERS = 'src|sandbox|deploy|test|docs|examples|\\.github|\\.ci';

/** A path below one of our folders, the name of a document, or that of a source file. */
const NAME = new RegExp(
  String.raw`(?<![\w./@<>*{}-])(?:(?:\.\.?\/)*(?:${FOLDERS})\/[\w./*{},<>-]*|[\w./-]*\w\.md\b|[\w./-]*\w\.(?:ts|mjs|go)\b)(?:#[\w-]+)?`,
  'g',
);

function namesIn(line: string, number: number): readonly Citation[] {
  const words = line.replace(LINK, ']').replace(/\bhttps?:\/\/\S+/g, '');
  return [...words.matchAll(NAME)]
    .map(([name]) => name.replace(/[.,]+$/, ''))
    .filter((name) => !/[*{}<>]/.test(name))
    .map((cited) => ({ line: number, cited, isLink: false }));
}

/** Not ours, or made by a build. */
const SKIPPED = new Set(['.git', 'node_modules', 'dist', 'tmp']);
const READ = /\.(md|ts|mjs|go|sh|ya?ml|tpl|jsonc)$|(^|\/)Dockerfile$|\.Dockerfile$|^\.ci\//;

async function readRepository(root: string): Promise<Repository> {
  const top = (await readdir(root, { withFileTypes: true })).filter((entry) => !SKIPPED.has(entry.name));
  const below = await Promise.all(
    top.map(async (entry) => {
      if (!entry.isDirectory()) return [entry.name];
      const inside = await readdir(join(root, entry.name), { recursive: true, withFileTypes: true });
      return inside
        .filter((file) => file.isFile())
        .map((file) => join(file.parentPath, file.name).slice(root.length + 1));
    }),
  );
  const files = below.flat();
  const read = files.filter((file) => READ.test(file)).sort();
  const texts = await Promise.all(read.map((file) => readFile(join(root, file), 'utf8')));
  return { files, texts: new Map(read.map((file, i) => [file, texts[i] ?? ''])) };
}

if (import.meta.main) {
  const dead = deadReferences(await readRepository(resolve(import.meta.dirname, '..')));
  for (const line of dead) console.log(line);
  if (dead.length > 0) process.exit(1);
}
