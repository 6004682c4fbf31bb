import { describe, expect, test } from 'vitest';
import { LEAST } from '../../../test/support/curve-documents.ts';
import { SYSTEMS } from '../../systems/registry.ts';
import { sortFile } from '../admission.ts';
import { readManifestFile } from './file.ts';

const read = (text: string) => readManifestFile(Buffer.from(text));
const values = (text: string) => read(text).map(({ value }) => value);

describe('a file', () => {
  test('of several documents, lists and empty ones is read in its order', () => {
    const text =
      'a: 1\n---\n# nothing\n---\nkind: List\nitems:\n- b: 2\n- kind: BList\n  items: [{c: 3}]\n---\n';
    expect(values(text)).toEqual([{ a: 1 }, { b: 2 }, { c: 3 }]);
  });

  test('of JSON objects one after the other is read in its order', () => {
    expect(values('{"a": "}{"}\n{"b": [1]}')).toEqual([{ a: '}{' }, { b: [1] }]);
  });

  test('with a key twice says so, and takes the last as kubectl does', () => {
    expect(read('a: 1\nb: 2\na: 3\n')).toEqual([
      { value: { a: 3, b: 2 }, warnings: ['line 3: a stands here a second time, the last one counts'] },
    ]);
  });

  test('merges keys as YAML 1.1 does', () => {
    const text = 'a: &d {p: 1, q: 2}\nb: {<<: *d, q: 3}\nc: {<<: [{q: 4}, *d]}\n';
    expect(values(text)).toEqual([{ a: { p: 1, q: 2 }, b: { p: 1, q: 3 }, c: { p: 1, q: 4 } }]);
  });

  test.each([
    ['9007199254740993', 'has more digits than a number keeps: write it in quotes at line 1'],
    ['!!int x', 'is no !!int at line 1'],
    ['*nobody', 'there is no anchor &nobody at line 1'],
    ['&x [*x]', 'an anchor holds itself at line 1'],
  ])('that holds %s is refused with its line', (word, message) => {
    expect(() => read(`a: ${word}\n`)).toThrow(message);
  });

  test('of aliases to aliases is refused before it fills the memory', () => {
    const levels = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(10)}]\n`);
    expect(() => read(`a0: &a0 x\n${levels.join('')}`)).toThrow('too many values');
  });

  test('of UTF-16 without a mark is named', () => {
    expect(() => readManifestFile(Buffer.from('a: 1\n', 'utf16le'))).toThrow('save it as UTF-8');
  });
});

describe('documents of others', () => {
  const config = { value: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }, warnings: [] };
  const ours = { value: LEAST, warnings: [] };

  test('are named and left out', () => {
    expect(sortFile(SYSTEMS, [config, ours])).toEqual({ ours: [ours], others: ['ConfigMap x'] });
  });

  test('alone are taken as ours, so that the refusal says what was expected', () => {
    expect(sortFile(SYSTEMS, [config])).toEqual({ ours: [config], others: [] });
  });

  test('of our group but of no kind are mistakes', () => {
    const mistake = { value: { ...LEAST, kind: 'CurveClustre' }, warnings: [] };
    expect(sortFile(SYSTEMS, [ours, mistake]).ours).toEqual([ours, mistake]);
  });
});
