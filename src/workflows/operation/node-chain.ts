import { CancellationScope, condition } from '@temporalio/workflow';
import type { BatchProgress } from './batch-progress.ts';
import type { Gate } from './node-tasks.ts';

/** How a chain ends that was told to leave. It is no failure, and never leaves the batch. */
export class LeftAtSafePoint extends Error {
  override readonly name = 'LeftAtSafePoint';
}

/** What a phase of one node ends with; `skipped` when everything had been there already. */
export interface Outcome<T> {
  readonly skipped: boolean;
  readonly value: T;
}

/**
 * One node's way through the operation. It stops only at safe points: a watch may be left at any time, a change of the
 * disks is waited for unless the node does not answer.
 */
export class NodeChain {
  readonly node: string;
  readonly #progress: BatchProgress;
  readonly #open: ReadonlySet<Gate>;
  /** Cancelled by stop: everything that only reads or waits runs in it. */
  readonly #stopScope = new CancellationScope();
  #stoppedBy = '';
  /** Undefined until it has answered, or missed, the first time. */
  #answering: boolean | undefined;

  constructor(node: string, progress: BatchProgress, open: ReadonlySet<Gate>) {
    this.node = node;
    this.#progress = progress;
    this.#open = open;
  }

  /** Before a node has answered once there is nothing to schedule on it: a thousand nodes begin at the same moment. */
  async answered(): Promise<void> {
    await condition(() => this.#answering === true || this.#stoppedBy !== '');
  }

  /** A newer manifest has come: leave at the next safe point. */
  stop(by: string): void {
    this.#stoppedBy = by;
    this.#stopScope.cancel();
  }

  answers(answering: boolean): void {
    this.#answering = answering;
  }

  async phase<T>(name: string, story: () => Promise<Outcome<T>>): Promise<T> {
    this.#safePoint();
    this.#progress.start(this.node, name);
    try {
      const { skipped, value } = await this.#stopScope.run(story);
      this.#progress.finish(this.node, name, skipped ? 'skipped' : 'done');
      return value;
    } catch (err) {
      this.#safePoint();
      throw err;
    }
  }

  /** Waits until the operation opens the gate. */
  async gate(gate: Gate): Promise<void> {
    await condition(() => this.#open.has(gate) || this.#stoppedBy !== '');
    this.#safePoint();
  }

  /** From now on the node is this cluster's: daemons may be made on it. */
  claimed(): void {
    this.#progress.claimed(this.node);
  }

  note(phase: string, message: string): void {
    this.#progress.note(phase, `${this.node}: ${message}`);
  }

  /**
   * A change on the disks: never left half way while the node answers. On a node that is gone nothing can be waited
   * for; the next operation finds there whatever was done.
   */
  async change<T>(work: () => Promise<T>): Promise<T> {
    const scope = new CancellationScope({ cancellable: false });
    const running = scope.run(work);
    let ended = false;
    const end = (): void => void (ended = true);
    running.then(end, end);
    await CancellationScope.nonCancellable(() =>
      condition(() => ended || (this.#stoppedBy !== '' && this.#answering === false)),
    );
    if (!ended) throw this.#superseded();
    return running;
  }

  #safePoint(): void {
    if (this.#stoppedBy) throw this.#superseded();
  }

  #superseded(): LeftAtSafePoint {
    return new LeftAtSafePoint(`left at a safe point for ${this.#stoppedBy}`);
  }
}
