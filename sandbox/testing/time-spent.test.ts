import { expect, it } from 'vitest';
import { shareOut, type Span } from './time-spent.ts';

const span = (kind: 'build' | 'wait', from: number, to: number): Span<'build' | 'wait'> => ({
  kind,
  from,
  to,
});
const share = (...spans: Span<'build' | 'wait'>[]) =>
  shareOut({ from: 0, to: 100 }, spans, ['build', 'wait']);

it.each([
  ['nothing went on', [], { build: 0, wait: 0, idle: 100 }],
  ['one after the other', [span('build', 10, 30), span('wait', 30, 90)], { build: 20, wait: 60, idle: 20 }],
  [
    'beside each other, the first kind counts',
    [span('wait', 0, 60), span('build', 40, 80)],
    { build: 40, wait: 40, idle: 20 },
  ],
  [
    'two of a kind at once count once',
    [span('wait', 0, 50), span('wait', 25, 75)],
    { build: 0, wait: 75, idle: 25 },
  ],
  ['what began before and ends after', [span('wait', -50, 200)], { build: 0, wait: 100, idle: 0 }],
])('%s', (_, spans, expected) => {
  expect(share(...spans)).toEqual(expected);
});
