import { condition, getExternalWorkflowHandle } from '@temporalio/workflow';
import { nodeState, type NodeState } from '../messages.ts';

/**
 * Executions that are told the state of a node. Each is told beside the watch, so that none holds it up; changes that
 * come meanwhile are told together. One that has ended is forgotten.
 */
export class Subscribers {
  readonly #state: () => NodeState;
  /** By workflow id: the state that was told last, as text. */
  readonly #sent: Map<string, string>;
  #notifying = false;

  /** @param known those that were told everything by an execution before this one */
  constructor(known: readonly string[], state: () => NodeState) {
    this.#state = state;
    this.#sent = new Map(known.map((id) => [id, JSON.stringify(state())]));
    void this.#notifyAll();
  }

  ids(): readonly string[] {
    return [...this.#sent.keys()];
  }

  /** Who subscribes again has forgotten what it was told. */
  set(id: string, wanted: boolean): void {
    if (wanted) this.#sent.set(id, '');
    else this.#sent.delete(id);
  }

  allNotified(): boolean {
    return !this.#notifying && this.#behind().length === 0;
  }

  #behind(): readonly string[] {
    const state = this.#state();
    if (state.answered === undefined) return [];
    const now = JSON.stringify(state);
    return [...this.#sent].flatMap(([id, sent]) => (sent === now ? [] : [id]));
  }

  async #notifyAll(): Promise<never> {
    for (;;) {
      await condition(() => this.#behind().length > 0);
      this.#notifying = true;
      await Promise.all(this.#behind().map((id) => this.#notify(id)));
      this.#notifying = false;
    }
  }

  async #notify(id: string): Promise<void> {
    const state = this.#state();
    this.#sent.set(id, JSON.stringify(state));
    try {
      await getExternalWorkflowHandle(id).signal(nodeState, state);
    } catch {
      // Temporal refuses a signal to an execution that ended: nobody listens any more.
      this.#sent.delete(id);
    }
  }
}
