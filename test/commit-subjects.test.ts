import { expect, test } from 'vitest';
import { faultsOf, LONGEST_SUBJECT } from './commit-subjects.ts';

test.for([
  'docs: say how a node is taken out',
  'sandbox/curve-image: build from one Dockerfile',
  'api: accept YAML',
])('"%s" is a subject', (subject) => {
  expect(faultsOf(subject)).toEqual([]);
});

test.for([
  ['Docs: what down leaves', 'no "scope: " in lower case at its beginning'],
  ['Tidy', 'no "scope: " in lower case at its beginning'],
  ['docs:say how', 'no "scope: " in lower case at its beginning'],
  ['two words: say how', 'no "scope: " in lower case at its beginning'],
  ['docs: Say how', 'no lower-case verb after the scope'],
  ['docs: say how.', 'a full stop at its end'],
  [`docs: say ${'so '.repeat(30)}on`, '102 characters, at most 72'],
] as const)('"%s" is none', ([subject, fault]) => {
  expect(faultsOf(subject)).toEqual([fault]);
});

test('a subject may be as long as the limit, counted as a person counts', () => {
  const subject = `docs: say ${'ü'.repeat(LONGEST_SUBJECT - 'docs: say '.length)}`;
  expect([faultsOf(subject), faultsOf(`${subject}n`)]).toEqual([[], ['73 characters, at most 72']]);
});
