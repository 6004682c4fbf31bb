import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TEMPLATES } from '../../../test/support/curve-templates.ts';
import { parseTemplates, READ_TEMPLATES } from './templates.ts';

const FOLDER = '/curvebs/conf';
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keelson-templates-'));
  for (const [file, content] of Object.entries(TEMPLATES)) writeFileSync(join(folder, file), content);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The real command on real files, as the log of the Job would show it. */
function read(): string {
  const [program = '', ...args] = READ_TEMPLATES.map((arg) => arg.replace(FOLDER, folder));
  return execFileSync(program, args, { encoding: 'utf8' }).replaceAll(folder, FOLDER);
}

describe('the templates of an image', () => {
  test('come out of the log as they are in the image', () => {
    expect(parseTemplates(read())).toEqual(TEMPLATES);
  });

  test('come out although somebody else writes into the log', () => {
    expect(parseTemplates(`warning: x\n${read()}bye\n`)).toEqual(TEMPLATES);
  });

  test.each([
    ['its end', (log: string) => log.slice(0, log.length / 2), /not whole/],
    ['its beginning', (log: string) => log.split('\n').slice(3).join('\n'), /lacks line 1/],
    ['a line in the middle', (log: string) => log.split('\n').toSpliced(4, 1).join('\n'), /lacks line/],
    ['everything', () => '', /not whole/],
  ])('are refused when the log lacks %s', (_, damage, message) => {
    expect(() => parseTemplates(damage(read()))).toThrow(message);
  });

  test('are refused when the image lacks one', () => {
    const [program = '', ...args] = READ_TEMPLATES.map((arg) =>
      arg.replace(`${FOLDER}/mds.conf`, `${FOLDER}/none.conf`).replace(FOLDER, folder),
    );
    expect(() => execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' })).toThrow(/none\.conf/);
  });
});
