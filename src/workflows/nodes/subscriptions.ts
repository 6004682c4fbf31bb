import { condition, getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import { isInPlace } from '../../disks/own-mount.ts';
import type { NodeHealth } from '../../systems/node-health.ts';
import { installationOf, nodeWatchWorkflowId } from '../ids.ts';
import { nodeSubscription, type NodeState } from '../messages.ts';

/** A node that nobody watches is asked again this often, ever more seldom: its watch may be started any moment. */
const ASK_FIRST_MS = 10_000;
const ASK_CAP_MS = 3_600_000;

/** The nodes that an execution wants to hear about, and what their watches told of them. */
export class NodeSubscriptions {
  readonly #changed: () => void;
  /** In the order in which they are wanted. */
  #nodes: readonly NodeHealth[];
  readonly #subscribed: Set<string>;
  #calls = 0;
  #handedOver = 0;

  /**
   * @param known what an execution before this one was told: those watches know us
   * @param changed called when a node told something new
   */
  constructor(wanted: readonly string[], known: readonly NodeHealth[], changed: () => void) {
    this.#changed = changed;
    this.#nodes = merge(wanted, known);
    this.#subscribed = new Set(known.filter((n) => n.answered !== undefined).map((n) => n.node));
    void this.#subscribe();
  }

  all(): readonly NodeHealth[] {
    return this.#nodes;
  }

  allReported(): boolean {
    return this.#nodes.every((n) => n.answered !== undefined);
  }

  /** False while messages to watches are under way. */
  idle(): boolean {
    return this.#calls === 0;
  }

  /** Listens to these nodes, also to those that should know us already. */
  want(wanted: readonly string[]): void {
    for (const { node } of this.#nodes) if (!wanted.includes(node)) void this.#signal(node, false);
    this.#nodes = merge(wanted, this.#nodes);
    this.#subscribed.clear();
    this.#handedOver++;
  }

  take(state: NodeState): void {
    const told = healthOf(state);
    const before = this.#nodes.find((n) => n.node === told.node);
    if (before === undefined || JSON.stringify(before) === JSON.stringify(told)) return;
    this.#nodes = this.#nodes.map((n) => (n.node === told.node ? told : n));
    this.#changed();
  }

  /** Nobody need tell us anything any more. */
  async leave(): Promise<void> {
    await Promise.all(this.#nodes.map(({ node }) => this.#signal(node, false)));
  }

  #missing(): readonly string[] {
    return this.#nodes.flatMap(({ node }) => (this.#subscribed.has(node) ? [] : [node]));
  }

  async #subscribe(): Promise<never> {
    let pause = ASK_FIRST_MS;
    for (;;) {
      await condition(() => this.#missing().length > 0);
      const handedOver = this.#handedOver;
      await Promise.all(
        this.#missing().map(async (node) => {
          // Before the call: what is handed over meanwhile must be told again.
          this.#subscribed.add(node);
          if (!(await this.#signal(node, true))) this.#subscribed.delete(node);
        }),
      );
      if (this.#missing().length === 0) pause = ASK_FIRST_MS;
      else {
        const summary = `ask again for the watch of ${this.#missing().join(', ').slice(0, 100)}`;
        const again = (): boolean => this.#handedOver !== handedOver;
        pause = (await condition(again, pause, { summary })) ? ASK_FIRST_MS : Math.min(ASK_CAP_MS, pause * 2);
      }
    }
  }

  /** False when nobody watches the node. */
  async #signal(node: string, wanted: boolean): Promise<boolean> {
    const { workflowId } = workflowInfo();
    this.#calls++;
    try {
      const watch = getExternalWorkflowHandle(nodeWatchWorkflowId(installationOf(workflowId), node));
      await watch.signal(nodeSubscription, { subscriber: workflowId, wanted });
      return true;
    } catch {
      return false;
    } finally {
      this.#calls--;
    }
  }
}

const merge = (wanted: readonly string[], known: readonly NodeHealth[]): readonly NodeHealth[] =>
  wanted.map((node) => known.find((n) => n.node === node) ?? { node });

/** Where a disk is in place its UUID is enough: a thousand nodes have to fit into one message. */
function healthOf({ node, answered, since, mounts, trouble }: NodeState): NodeHealth {
  return {
    node,
    ...(answered !== undefined && { answered }),
    ...(since !== undefined && { since }),
    ...(mounts && {
      inPlace: mounts.filter(isInPlace).map(({ fsUuid }) => fsUuid),
      astray: mounts
        .filter((mount) => !isInPlace(mount))
        .map(({ mountPath, fsUuid, found }) => ({
          mountPath,
          fsUuid,
          ...(found !== undefined && { found }),
        })),
    }),
    ...(trouble !== undefined && { trouble }),
  };
}
