import { ApplicationFailure } from '@temporalio/activity';
import { KubeError } from '../../kube/errors.ts';
import { withNext } from '../../systems/failure-text.ts';
import type { StepCheck } from '../../systems/readiness.ts';
import { failureTextOf } from '../failure.ts';
import { ChangeSignal } from './change-signal.ts';
import { CONFIRM_AFTER_MS, FAILING_EVERY_MS, UNANSWERED_FAILS_AFTER_MS } from './intervals.ts';

/** One question about a cluster's health, with a rhythm of its own: a slow one holds up no other. */
export interface HealthPart {
  /** Reason of the check that fails when there is no answer. */
  readonly reason: string;
  /** How often it is asked while nothing changes. */
  readonly everyMs: number;
  /** The least time between two questions, however often something changes. */
  readonly gapMs: number;
  /** What holds and what does not; nothing where there is nothing to ask about. */
  readonly check: () => Promise<readonly StepCheck[]>;
}

/** Keeps asking one part, and remembers what it answered. */
export class PartWatch {
  readonly #part: HealthPart;
  readonly #answered: () => void;
  readonly #changes = new ChangeSignal();
  #checks: readonly StepCheck[] | undefined;
  /** Since when an answer is missing. */
  #missingSince: number | undefined;
  #trouble: string | undefined;

  /** @param answered called after each answer */
  constructor(part: HealthPart, answered: () => void) {
    this.#part = part;
    this.#answered = answered;
  }

  /** Something changed: ask soon. */
  changed(): void {
    this.#changes.notify();
  }

  /** What it said last; undefined while its first answer may still come. No answer for long is a failing check. */
  checks(now: number): readonly StepCheck[] | undefined {
    const missingForMs = this.#missingSince === undefined ? 0 : now - this.#missingSince;
    if (missingForMs < UNANSWERED_FAILS_AFTER_MS) return this.#checks;
    const { reason } = this.#part;
    const detail = this.#trouble ?? `${reason}: no answer for ${Math.round(missingForMs / 1_000)} s`;
    return [{ reason, holds: false, detail }];
  }

  async run(signal: AbortSignal): Promise<never> {
    const { everyMs, gapMs } = this.#part;
    for (;;) {
      this.#changes.clear();
      const began = performance.now();
      await this.#ask(signal);
      this.#answered();
      const settled = this.#missingSince === undefined && !fails(this.#checks);
      const changed = await this.#changes.changedWithin(
        settled ? everyMs : Math.min(everyMs, FAILING_EVERY_MS),
        signal,
      );
      const rest = gapMs - (performance.now() - began);
      if (changed && rest > 0) await pause(rest, signal);
    }
  }

  /** What fails for the first time is asked once more: a daemon may miss a question, and Ready must not flicker. */
  async #ask(signal: AbortSignal): Promise<void> {
    this.#missingSince ??= performance.now();
    let checks = await this.#once();
    if (fails(checks) && !fails(this.#checks)) {
      await pause(CONFIRM_AFTER_MS, signal);
      checks = await this.#once();
    }
    if (checks === undefined) return;
    this.#checks = checks;
    this.#missingSince = undefined;
    this.#trouble = undefined;
  }

  /**
   * What only a person can correct is a failing check. An API server that is away for a moment is no answer: nothing is
   * known to be wrong.
   */
  async #once(): Promise<readonly StepCheck[] | undefined> {
    try {
      return await this.#part.check();
    } catch (error) {
      if (!(error instanceof KubeError || error instanceof ApplicationFailure)) throw error;
      const words = withNext(error instanceof KubeError ? error : failureTextOf(error));
      if (!(error instanceof KubeError) || error.permanent)
        return [{ reason: this.#part.reason, holds: false, detail: words }];
      this.#trouble = words;
      return undefined;
    }
  }
}

const fails = (checks: readonly StepCheck[] | undefined): boolean =>
  checks?.some(({ holds }) => !holds) === true;

/** A wait that nothing but the signal cuts short. */
const pause = (ms: number, signal: AbortSignal): Promise<boolean> =>
  new ChangeSignal().changedWithin(ms, signal);
