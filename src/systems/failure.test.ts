import { describe, expect, test } from 'vitest';
import { joinFailureTexts, withNext } from './failure-text.ts';
import {
  type FailureCatalogue,
  type FailurePart,
  asApplicationFailure,
  detailsIn,
  failuresOf,
} from './failure.ts';

const CATALOGUE = {
  Lasting: { meaning: 'It stays so.', retried: 'never', next: 'look at "keelson devices <node>"' },
  Passing: { meaning: 'It passes.', retried: 'always', next: 'nothing' },
  Both: { meaning: 'One or the other.', retried: 'depends', next: 'wait' },
} as const satisfies FailureCatalogue;
const failure = failuresOf(CATALOGUE);

describe('a failure', () => {
  test('has the next step of its entry, filled in, and is retried as its entry says', () => {
    const values = { node: 'node1' };
    expect(failure('Lasting', { message: 'm', values })).toEqual({
      type: 'Lasting',
      message: 'm',
      next: 'look at "keelson devices node1"',
      retryable: false,
    });
    expect(failure('Passing', { message: 'm' })).toMatchObject({ retryable: true, next: 'nothing' });
  });

  test('may know its next step better, and where it depends whether it is retried', () => {
    expect(failure('Both', { message: 'm', next: 'go', retryable: true })).toMatchObject({
      next: 'go',
      retryable: true,
    });
    expect(failure('Both', { message: 'm' }).retryable).toBe(false);
    expect(failure('Lasting', { message: 'm', retryable: true }).retryable).toBe(false);
  });

  test('keeps its next step apart from its message all the way through Temporal', () => {
    const parts = [{ subject: 'node1', message: 'one', next: 'a' }];
    const sent = asApplicationFailure(
      failure('Lasting', { message: 'm', subject: 'node1', parts, facts: 7 }),
    );
    expect(sent).toMatchObject({ type: 'Lasting', message: 'm', nonRetryable: true });
    const received: unknown = JSON.parse(JSON.stringify(sent.details));
    expect(detailsIn(received as unknown[])).toMatchObject({ subject: 'node1', parts, facts: 7 });
  });

  test.each([
    [undefined],
    [null],
    [[]],
    [['text']],
    [[null]],
    [[{ next: 7 }]],
    [[[{ code: 'DiskRefused' }]]],
  ])('of another version with the details %j has no next step that is known', (details) => {
    expect(detailsIn(details)).toBeUndefined();
  });
});

const part = (subject: string, message: string, next?: string): FailurePart => ({
  subject,
  message,
  ...(next === undefined ? {} : { next }),
});

describe('failures of several nodes', () => {
  test('keep a next step each', () => {
    expect(
      joinFailureTexts([part('node1', 'node1: a', 'stop it'), part('node2', 'node2: b', 'name another')]),
    ).toEqual({
      message: 'node1: a\nnode2: b',
      next: 'node1: stop it\nnode2: name another',
    });
  });

  test('that want the same say it once', () => {
    const parts = [part('node1', 'a', 'stop it'), part('node2', 'b', 'stop it'), part('node3', 'c', 'wait')];
    expect(joinFailureTexts(parts).next).toBe('node1, node2: stop it\nnode3: wait');
    expect(joinFailureTexts(parts.slice(0, 2)).next).toBe('stop it');
  });

  test('of which none says what to do have no next step', () => {
    expect(joinFailureTexts([part('node1', 'a'), part('node2', 'b')])).toEqual({ message: 'a\nb' });
  });

  test('a thousand are bounded, and those that are not shown are counted', () => {
    const many = Array.from({ length: 1_000 }, (_, i) =>
      part(`n${i}`, `n${i}: ${'x'.repeat(200)}`, `do ${i}`),
    );
    const { message, next = '' } = joinFailureTexts(many);
    for (const text of [message, next]) {
      expect(text.length).toBeLessThan(4_100);
      const shown = text.split('\n').length - 1;
      expect(text).toMatch(new RegExp(`\nand ${1_000 - shown} more$`));
    }
  });

  test('one that never ends does not hide the others', () => {
    const { message } = joinFailureTexts([part('node1', 'x'.repeat(100_000)), part('node2', 'node2: b')]);
    expect(message).toMatch(/x…\nnode2: b$/);
  });
});

describe('in one text', () => {
  test('the next step follows the message, whose full stop is not doubled', () => {
    expect(withNext({ message: 'it failed', next: 'look' })).toBe('it failed. Next: look');
    expect(withNext({ message: 'it failed.\n', next: 'look' })).toBe('it failed. Next: look');
    expect(withNext({ message: 'it works' })).toBe('it works');
  });

  test('that has to be short, the message gives way and the next step stays', () => {
    const text = withNext({ message: 'x'.repeat(5_000), next: 'name another disk' }, 1_024);
    expect(text).toHaveLength(1_024);
    expect(text).toMatch(/x…\. Next: name another disk$/);
    expect(withNext({ message: 'x'.repeat(5_000), next: 'y'.repeat(5_000) }, 1_024)).toHaveLength(1_024);
  });
});
