/** Lets only so many work on the same thing at a time; the others wait in order. */
export class KeyedSemaphore {
  readonly #most: number;
  readonly #busy = new Map<string, { now: number; readonly waiting: (() => void)[] }>();

  constructor(most: number) {
    this.#most = most;
  }

  async run<T>(thing: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#busy.get(thing) ?? { now: 0, waiting: [] };
    this.#busy.set(thing, turn);
    if (turn.now >= this.#most) await new Promise<void>((resolve) => turn.waiting.push(resolve));
    else turn.now += 1;
    try {
      return await work();
    } finally {
      const next = turn.waiting.shift();
      if (next)
        next(); // the turn passes on, so the number stays
      else turn.now -= 1;
      if (turn.now === 0) this.#busy.delete(thing);
    }
  }
}
