import { ApplicationFailure } from '@temporalio/activity';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KubeError } from '../../kube/errors.ts';
import type { StepCheck } from '../../systems/readiness.ts';
import { PartWatch } from './health-part.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const check = (holds: boolean, detail = 'asked'): StepCheck => ({ reason: 'Part', holds, detail });
type Answer = readonly StepCheck[] | Error | Promise<never>;

/** A part that gives these answers in turn, the last one for ever. */
function part(...answers: readonly Answer[]) {
  const stop = new AbortController();
  let asked = 0;
  const watch = new PartWatch(
    {
      reason: 'Part',
      everyMs: 30_000,
      gapMs: 1_000,
      check: async () => {
        const answer = answers[Math.min(asked++, answers.length - 1)] ?? [];
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    () => undefined,
  );
  watch.run(stop.signal).catch(() => undefined);
  const said = (): readonly string[] | undefined =>
    watch.checks(performance.now())?.map(({ holds, detail }) => `${holds} ${detail}`);
  return { watch, said, asked: () => asked, stop };
}

const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const away = () =>
  new KubeError({ message: 'the API server is away', reason: 'Unreachable', status: 0, subject: 'Pod x' });

test('one missed answer is asked for once more, and is not said', async () => {
  const { said, asked } = part([check(true)], [check(false)], [check(true)]);
  await later(0);
  expect(said()).toEqual(['true asked']);
  await later(30_000);
  expect(said()).toEqual(['true asked']);
  await later(1_000);
  expect([asked(), said()]).toEqual([3, ['true asked']]);
});

test('two missed answers are said, and what fails is asked for more often', async () => {
  const { said, asked } = part([check(true)], [check(false)], [check(false)], [check(true)]);
  await later(31_000);
  expect(said()).toEqual(['false asked']);
  await later(5_000);
  expect([asked(), said()]).toEqual([4, ['true asked']]);
});

test('a change is followed by a question, a burst of them by one', async () => {
  const { watch, asked } = part([check(true)]);
  await later(0);
  watch.changed();
  await later(500);
  watch.changed();
  expect(asked()).toBe(1);
  await later(500);
  expect(asked()).toBe(2);
  await later(10_000);
  expect(asked()).toBe(2);
});

test('what only a person can correct fails with its words', async () => {
  const { said } = part(ApplicationFailure.nonRetryable('the Secret does not exist'));
  await later(1_000);
  expect(said()).toEqual(['false the Secret does not exist']);
});

test('an API server that is away is no failing daemon, until it has been away for long', async () => {
  const { said } = part([check(true)], away());
  await later(30_000);
  expect(said()).toEqual(['true asked']);
  await later(19_999);
  expect(said()).toEqual(['true asked']);
  await later(1);
  expect(said()).toEqual([expect.stringContaining('away')]);
});

test('a question that hangs fails, although it never ends', async () => {
  const { said } = part(new Promise<never>(() => undefined));
  await later(19_999);
  expect(said()).toBeUndefined();
  await later(1);
  expect(said()).toEqual(['false Part: no answer for 20 s']);
});
