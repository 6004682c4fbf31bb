import { condition, getExternalWorkflowHandle } from '@temporalio/workflow';
import { nodeState, type NodeState } from '../messages.ts';

/**
 * Executions that are told the state of a node. Each is told beside the watch, so that none holds it up; changes that
 * come meanwhile are told together. One that has ended is forgotten.
 */
export class Subscribers {
  readonly #state: () => NodeState;
  /** By workflow id: the state that was told last, as text. */
  readonly #told: Map<string, string>;
  #telling = false;

  /** @param known those that were told everything by an execution before this one */
  constructor(known: readonly string[], state: () => NodeState) {
    this.#state = state;
    this.#told = new Map(known.map((id) => [id, JSON.stringify(state())]));
    void this.#tellAll();
  }

  ids(): readonly string[] {
    return [...this.#told.keys()];
  }

  /** Who subscribes again has forgotten what it was told. */
  set(id: string, wanted: boolean): void {
    if (wanted) this.#told.set(id, '');
    else this.#told.delete(id);
  }

  allTold(): boolean {
    return !this.#telling && this.#behind().length === 0;
  }

  #behind(): readonly string[] {
    const state = this.#state();
    if (state.answered === undefined) return [];
    const now = JSON.stringify(state);
    return [...this.#told].flatMap(([id, told]) => (told === now ? [] : [id]));
  }

  async #tellAll(): Promise<never> {
    for (;;) {
      await condition(() => this.#behind().length > 0);
      this.#telling = true;
      await Promise.all(this.#behind().map((id) => this.#tell(id)));
      this.#telling = false;
    }
  }

  async #tell(id: string): Promise<void> {
    const state = this.#state();
    this.#told.set(id, JSON.stringify(state));
    try {
      await getExternalWorkflowHandle(id).signal(nodeState, state);
    } catch {
      // Temporal refuses a signal to an execution that ended: nobody listens any more.
      this.#told.delete(id);
    }
  }
}
