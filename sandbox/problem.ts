import { inspect } from 'node:util';

/** Something the person at the keyboard can act on: printed without a stack. */
export class Problem extends Error {
  readonly next: string | undefined;

  constructor(message: string, next?: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'Problem';
    this.next = next;
  }
}

/** What a person reads: the message of a Problem, a mistake of ours with its stack. */
export function describeError(thrown: unknown): string {
  if (!(thrown instanceof Problem)) return inspect(thrown);
  return thrown.next === undefined ? thrown.message : `${thrown.message}\n→ ${thrown.next}`;
}

/** Whatever was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
