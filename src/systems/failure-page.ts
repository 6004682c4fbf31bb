import type { FailureCatalogue } from './failure.ts';

/** One page of docs/errors. */
export interface FailurePage {
  readonly title: string;
  /** Where the catalogues stand, for whoever wants to change the page. */
  readonly source: string;
  readonly sections: readonly { readonly about: string; readonly catalogue: FailureCatalogue }[];
}

const RETRIED = { always: 'by itself', never: 'no', depends: 'it depends' } as const;

export function failuresPage({ title, source, sections }: FailurePage): string {
  return [
    `# ${title}`,
    '',
    'The type stands before the message of an operation, of a phase and of a failed activity in Temporal. Types are stable.',
    'The next step is a field of its own: `next` in the API, in the status of the resource and in the details of the',
    'Temporal failure. An occurrence often says more exactly what to do than this table.',
    `Made from \`${source}\`: change it there.`,
    ...sections.flatMap(({ about, catalogue }) => ['', `## ${about}`, '', ...tableOf(catalogue)]),
    '',
  ].join('\n');
}

const tableOf = (catalogue: FailureCatalogue): readonly string[] => [
  '| type | tried again | meaning | next |',
  '|---|---|---|---|',
  ...Object.entries(catalogue)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(
      ([type, { retried, meaning, next }]) =>
        `| \`${type}\` | ${RETRIED[retried]} | ${inTable(meaning)} | ${inTable(next)} |`,
    ),
];

const inTable = (text: string): string => text.replaceAll('<', '&lt;').replaceAll('|', '\\|');
