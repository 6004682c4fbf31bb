import type { Failure } from '../systems/failure.ts';

/** An error whose cause is understood: what failed, on which node and object, why, and what to do next. */
export class NodeError extends Error {
  override readonly name = 'NodeError';
  readonly failure: Failure;
  /** Stable; becomes the `type` of a Temporal failure. */
  readonly code: string;
  /** False when only a person can change the outcome. */
  readonly retryable: boolean;

  constructor(failure: Failure, cause?: unknown) {
    super(failure.message, cause === undefined ? {} : { cause });
    this.failure = failure;
    this.code = failure.type;
    this.retryable = failure.retryable;
  }
}
