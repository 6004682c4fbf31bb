/** The first pause and the longest, in milliseconds; each is given with its reason where it is used. */
export interface BackoffLimits {
  readonly firstMs: number;
  readonly capMs: number;
}

/** How long to pause before the next attempt: from the first pause on twice as long each time, up to the cap. */
export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #random: (() => number) | undefined;
  #full: number;

  /** @param random from 0 to 1: shortens each pause by up to a half, so that many do not come back together */
  constructor(limits: BackoffLimits, random?: () => number) {
    this.#limits = limits;
    this.#random = random;
    this.#full = limits.firstMs;
  }

  /** Milliseconds to pause now. */
  next(): number {
    const full = this.#full;
    this.#full = Math.min(this.#limits.capMs, full * 2);
    return this.#random === undefined ? full : full * (0.5 + this.#random() / 2);
  }

  /** Something worked: the next pause is the first one again. */
  reset(): void {
    this.#full = this.#limits.firstMs;
  }
}
