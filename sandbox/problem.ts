/** Something the person at the keyboard can act on: printed as words, without a stack. */
export class Problem extends Error {
  readonly next: string | undefined;

  constructor(message: string, next?: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'Problem';
    this.next = next;
  }
}

/** Whatever was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
