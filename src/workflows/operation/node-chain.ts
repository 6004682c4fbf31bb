import { ApplicationFailure, CancellationScope, condition } from '@temporalio/workflow';
import type { CurveContext } from '../../systems/curve/layout.ts';
import { workOn } from '../activity-options.ts';
import type { Gate, NodePhase, NodeTask } from './node-tasks.ts';
import { chunkfilepool } from '../curve/node-chunkfilepool.ts';
import { chunkservers } from '../curve/node-chunkservers.ts';
import { format } from '../curve/node-format.ts';
import { checkNode } from '../curve/node-preflight.ts';
import type { BatchProgress } from './batch-progress.ts';

/** Type of the failure by which a chain ends that was told to leave. */
export const SUPERSEDED = 'Superseded';

/**
 * One node's way through the operation: check, format, chunkfilepool, chunkservers. It stops only at safe points: a
 * watch may be left at any time, a change of the disks is waited for unless the node does not answer.
 */
export class NodeChain {
  readonly node: string;
  readonly #context: CurveContext;
  readonly #task: NodeTask;
  readonly #card: BatchProgress;
  readonly #open: ReadonlySet<Gate>;
  /** Cancelled by stop: everything that only looks or waits runs in it. */
  readonly #leaving = new CancellationScope();
  #stoppedBy = '';
  /** Undefined until it has answered, or missed, the first time. */
  #answering: boolean | undefined;

  constructor(context: CurveContext, task: NodeTask, card: BatchProgress, open: ReadonlySet<Gate>) {
    this.node = task.node;
    this.#context = context;
    this.#task = task;
    this.#card = card;
    this.#open = open;
  }

  async run(): Promise<void> {
    // Before a node has answered once there is nothing to schedule on it: a thousand nodes begin at the same moment.
    await condition(() => this.#answering === true || this.#stoppedBy !== '');
    const disks = await this.#phase('preflight', () => checkNode(this.#context, this.#task));
    await this.#gate('format');
    await this.#claim();
    const { storage } = this.#task;
    if (!storage) return;
    await this.#phase('format', () => format(this, this.#context, storage, disks));
    await this.#phase('chunkfilepool', () => chunkfilepool(this, this.#context, storage));
    await this.#gate('chunkservers');
    await this.#phase('chunkservers', () => chunkservers(this.#context, storage));
  }

  /** A newer document has come: leave at the next safe point. */
  stop(by: string): void {
    this.#stoppedBy = by;
    this.#leaving.cancel();
  }

  answers(answering: boolean): void {
    this.#answering = answering;
  }

  note(phase: NodePhase, message: string): void {
    this.#card.note(phase, `${this.node}: ${message}`);
  }

  /**
   * A change on the disks: never left half way while the node answers. On a node that is gone nothing can be waited
   * for; the next operation finds there whatever was done.
   */
  async change<T>(work: () => Promise<T>): Promise<T> {
    const scope = new CancellationScope({ cancellable: false });
    const work$ = scope.run(work);
    let settled = false;
    const settle = (): void => void (settled = true);
    work$.then(settle, settle);
    await CancellationScope.nonCancellable(() =>
      condition(() => settled || (this.#stoppedBy !== '' && this.#answering === false)),
    );
    if (!settled) throw this.#superseded();
    return work$;
  }

  async #phase<T>(name: NodePhase, story: () => Promise<Outcome<T>>): Promise<T> {
    this.#safePoint();
    this.#card.start(this.node, name);
    try {
      const { skipped, value } = await this.#leaving.run(story);
      this.#card.finish(this.node, name, skipped ? 'skipped' : 'done');
      return value;
    } catch (err) {
      this.#safePoint();
      throw err;
    }
  }

  /** Before any daemon writes there, and only after the check: what a stranger left must not get our owner file. */
  async #claim(): Promise<void> {
    this.#safePoint();
    const { clusterId, hostDataDir, operation } = this.#context;
    await this.change(() =>
      workOn(this.node, `claim ${hostDataDir} on ${this.node}`).claimHostDataDir({
        clusterId,
        cluster: `${operation.namespace}/${operation.name}`,
        hostDataDir,
      }),
    );
    this.#card.claimed(this.node);
  }

  async #gate(gate: Gate): Promise<void> {
    await condition(() => this.#open.has(gate) || this.#stoppedBy !== '');
  }

  #safePoint(): void {
    if (this.#stoppedBy) throw this.#superseded();
  }

  #superseded(): ApplicationFailure {
    return ApplicationFailure.nonRetryable(`left at a safe point for ${this.#stoppedBy}`, SUPERSEDED);
  }
}

/** What a phase of one node ends with; `skipped` when everything had been there already. */
export interface Outcome<T> {
  readonly skipped: boolean;
  readonly value: T;
}
