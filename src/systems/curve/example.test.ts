import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readCluster } from './read.ts';

const example = parse(
  readFileSync(new URL('../../../examples/curve-cluster.yaml', import.meta.url), 'utf8'),
) as unknown;

test('the example breaks no rule and warns of nothing', () => {
  expect(readCluster(example)).toMatchObject({
    ok: true,
    warnings: [],
    namespace: 'curve',
    name: 'curve',
  });
});
