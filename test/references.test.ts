import { expect, test } from 'vitest';
import { citationsIn, deadReferences, headingAnchors } from './references.ts';

/** What is dead in a repository of these files; files without text are there all the same. */
const deadIn = (texts: Readonly<Record<string, string>>, others: readonly string[] = []): readonly string[] =>
  deadReferences({ files: [...Object.keys(texts), ...others], texts: new Map(Object.entries(texts)) });

const comment = (words: string): string => `/** ${words} */\nexport {};\n`;

test.for([
  ['a document that only the author had', comment('The rules of design.md 4.3.'), 'design.md'],
  ['a document in another folder', comment('See curve.md 6.5.'), 'curve.md'],
  ['a source file that was moved', comment('As door.ts does.'), 'door.ts'],
  ['a folder that was renamed', comment('Everything in src/rooms/curve does.'), 'src/rooms/curve'],
  ['a comment at the end of a line', ['const ms = 5; //', 'see docs/times.md'].join(' '), 'docs/times.md'],
] as const)('%s is a dead reference', ([, text, cited]) => {
  expect(deadIn({ 'src/node/disk.ts': text, 'docs/curve.md': '# Curve\n' })).toEqual([
    `src/node/disk.ts:1 cites ${cited}, which does not exist`,
  ]);
});

test.for([
  ['a document', 'See docs/disks.md.'],
  ['a heading', 'See docs/disks.md#one-writer.'],
  ['a source file by its path', 'src/kube/client.ts does.'],
  ['a source file by the end of its path', 'kube/client.ts does.'],
  ['a source file from where the comment stands', '../kube/client.ts does.'],
  ['a folder', 'Everything below src/kube/ does.'],
  ['a decision by its number', 'See docs/decisions/0004.'],
  ['several files at once', 'See src/kube/*.ts and src/{kube,node}/client.ts.'],
  [
    'a file of somebody else',
    'opencurve/curve/src/tools of 1.2.6; https://example.org/docs/absent.md says so.',
  ],
] as const)('%s that exists may be cited', ([, words]) => {
  const texts = { 'src/node/disk.ts': comment(words), 'docs/disks.md': '# Disks\n\n## One writer\n' };
  expect(deadIn(texts, ['src/kube/client.ts', 'docs/decisions/0004-chains.md'])).toEqual([]);
});

test('a heading that was renamed is a dead reference', () => {
  const texts = { 'src/a.ts': comment('See docs/disks.md#one-door.'), 'docs/disks.md': '## One writer\n' };
  expect(deadIn(texts)).toEqual([
    'src/a.ts:1 cites docs/disks.md#one-door, and docs/disks.md has no such heading',
  ]);
});

test('links of a document are followed from its own folder, to files, folders and headings', () => {
  const links = (words: string) => deadIn({ 'docs/a.md': words, 'docs/b.md': '# B\n' }, ['src/x.ts']);
  expect(
    links('# A\n[b](b.md#b) [here](#a) [x](../src/x.ts) [all](../src) [web](https://a.example/b.md)'),
  ).toEqual([]);
  expect(links('[b](docs/b.md)\n[b](b.md#c)\n[here](#b)')).toEqual([
    'docs/a.md:1 cites docs/b.md, which does not exist',
    'docs/a.md:2 cites b.md#c, and docs/b.md has no such heading',
    'docs/a.md:3 cites #b, and docs/a.md has no such heading',
  ]);
});

test('what a program does is no citation: only comments are read', () => {
  expect(
    citationsIn('src/a.ts', "import { a } from './gone.ts';\nawait readFile('docs/gone.md');\n"),
  ).toEqual([]);
  expect(citationsIn('deploy/a.yaml', 'image: x # see docs/a.md\n')).toEqual([
    { line: 1, cited: 'docs/a.md', isLink: false },
  ]);
});

test('headings have the anchors that GitHub gives them', () => {
  const text =
    '# The `keelson` command\n## What\n```\n# not a heading\n```\n## What\n## Who, and [why](a.md)?\n';
  expect(headingAnchors(text)).toEqual(['the-keelson-command', 'what', 'what-1', 'who-and-why']);
});
