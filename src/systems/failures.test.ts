import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type FailurePage, failuresPage } from './failure-page.ts';
import type { FailureCatalogue } from './failure.ts';
import { KUBE_FAILURES, NODE_FAILURES, OPERATION_FAILURES } from './failures.ts';
import { SYSTEMS } from './registry.ts';

const ROOT = new URL('../../', import.meta.url);

const general: FailurePage = {
  title: 'Failures of the work, for every system',
  source: 'src/systems/failures.ts',
  sections: [
    { about: 'Operations', catalogue: OPERATION_FAILURES },
    { about: 'Nodes and disks', catalogue: NODE_FAILURES },
    { about: 'Kubernetes', catalogue: KUBE_FAILURES },
  ],
};

const pages: readonly (readonly [string, FailurePage])[] = [
  ['operations', general],
  ...SYSTEMS.systems.map(({ id, title, failures }): readonly [string, FailurePage] => [
    id,
    {
      title: `Failures of the work on ${title}`,
      source: `src/systems/${id}/failures.ts`,
      sections: [{ about: `Only ${title}`, catalogue: failures }],
    },
  ]),
];

const catalogues: readonly FailureCatalogue[] = pages.flatMap(([, { sections }]) =>
  sections.map(({ catalogue }) => catalogue),
);
const entries = catalogues.flatMap((catalogue) => Object.entries(catalogue));
const types = entries.map(([type]) => type);

test.each(pages)('docs/errors/%s.md says what the catalogues say', async (name, page) => {
  await expect(failuresPage(page)).toMatchFileSnapshot(`../../docs/errors/${name}.md`);
});

test('a type means one thing, whichever catalogue it stands in', () => {
  expect(types.filter((type, i) => types.indexOf(type) !== i)).toEqual([]);
});

test.each(entries)('%s is written for people', (_type, { meaning, next }) => {
  expect(meaning).toMatch(/[^.]\.$/);
  expect(next).toMatch(/[^.]$/);
  expect(`${meaning} ${next}`).not.toMatch(/\b(mend|anew|next:)/i);
});

describe('in the sources', () => {
  const read = (pattern: string, exclude: RegExp): ReadonlyMap<string, string> =>
    new Map(
      globSync(pattern, { cwd: ROOT })
        .filter((file) => !exclude.test(file))
        .map((file) => [file, readFileSync(new URL(file, ROOT), 'utf8')]),
    );
  const sources = read('src/**/*.ts', /\.test\.ts$|^src\/systems\/(\w+\/)?failures\.ts$/);
  const tests = read('{src,test}/**/*.test.ts', /^src\/systems\/failures\.test\.ts$/);

  test('each type is raised somewhere; those of Kubernetes are made of its reasons', () => {
    const all = [...sources.values()].join('\n');
    const raised = (type: string): boolean => type in KUBE_FAILURES || all.includes(`'${type}'`);
    expect(types.filter((type) => !raised(type))).toEqual([]);
  });

  test('each type is expected by a test, as `type` or `code` of what was raised', () => {
    // A fake that throws a type says it as an argument; an expectation says it as a property.
    const expected = new Set(
      [...tests.values()].flatMap((text) =>
        [...text.matchAll(/\b(?:type|code): '(\w+)'/g)].map(([, type]) => type),
      ),
    );
    expect(types.filter((type) => !expected.has(type))).toEqual([]);
  });

  test('nobody makes a failure of Temporal but of a catalogue, and none has its next step in its message', () => {
    const made = /ApplicationFailure\.(?:create|nonRetryable|retryable|fromError)|new ApplicationFailure/;
    const files = [...sources].filter(([, text]) => made.test(text)).map(([file]) => file);
    expect(files.toSorted()).toEqual(['src/activities/failure.ts', 'src/workflows/failure.ts']);
    const glued = [...sources].filter(
      ([file, text]) => /\bNext: /.test(text) && !file.endsWith('failure-text.ts'),
    );
    expect(glued.map(([file]) => file)).toEqual([]);
  });
});
