import { expect, test } from 'vitest';
import type { ReadyVerdict } from '../../systems/readiness.ts';
import { isNews } from './health-watch.ts';

const known: ReadyVerdict = {
  ready: false,
  reason: 'EtcdUnhealthy',
  message: 'etcd a does not answer',
  observedAt: '2026-01-01T00:00:00Z',
  observedGeneration: 1,
};

test.each([
  ['the first verdict', undefined, {}, 0, true],
  ['the same verdict at a later time', known, { observedAt: '2026-01-01T00:00:20Z' }, 3_600_000, false],
  ['another reason', known, { reason: 'MdsUnhealthy' }, 0, true],
  ['that all is well', known, { ready: true }, 0, true],
  ['the same of another generation', known, { observedGeneration: 2 }, 0, true],
  ['other words, at once', known, { message: 'etcd b does not answer' }, 59_999, false],
  ['other words, after a while', known, { message: 'etcd b does not answer' }, 60_000, true],
])('%s is worth a few events of history: %s', (_, before, change, watchedForMs, news) => {
  expect(isNews(before, { ...known, ...change }, watchedForMs)).toBe(news);
});
