import { CancellationScope, condition } from '@temporalio/workflow';
import type { NodesAwaited } from '../../activities/control/contract.ts';
import { applicationFailure } from '../failure.ts';

/** What a wait knows a node by; its activity may need more of it. */
export interface AwaitedNode {
  readonly node: string;
}

/** Ends as soon as the wait is over for one of the nodes. */
export type AwaitNodes<Node extends AwaitedNode> = (nodes: readonly Node[]) => Promise<NodesAwaited>;

/** A node's place in the wait until its chain goes on. */
interface Place<Node> {
  readonly node: Node;
  readonly end: (failure?: Error) => void;
}

/**
 * One wait for all nodes of a batch that have come to it, by one activity at a time: a thousand waiting nodes are 32
 * slots and watches. A node that comes later ends the activity and begins it again with all; a node whose chain stops
 * leaves the others waiting.
 */
export class BatchWait<Node extends AwaitedNode> {
  readonly #awaitNodes: AwaitNodes<Node>;
  readonly #places = new Set<Place<Node>>();
  #isServed = false;

  constructor(awaitNodes: AwaitNodes<Node>) {
    this.#awaitNodes = awaitNodes;
  }

  /** Ends when the wait is over for this node, and fails when that is how it ended; cancelled, the node leaves. */
  async until(node: Node): Promise<void> {
    let outcome: { readonly failure?: Error } | undefined;
    const place: Place<Node> = {
      node,
      end: (failure) => {
        outcome = failure === undefined ? {} : { failure };
        this.#places.delete(place);
      },
    };
    this.#places.add(place);
    if (!this.#isServed) {
      this.#isServed = true;
      // Not cancelled with the node that happened to come first. When all have left there is nothing to serve.
      void CancellationScope.nonCancellable(() => this.#serve());
    }
    try {
      await condition(() => outcome !== undefined);
    } finally {
      this.#places.delete(place);
    }
    if (outcome?.failure !== undefined) throw outcome.failure;
  }

  async #serve(): Promise<void> {
    while (this.#places.size > 0) await this.#round([...this.#places]);
    this.#isServed = false;
  }

  /** One activity: until it has an answer, until another node comes, or until all have left. */
  async #round(places: readonly Place<Node>[]): Promise<void> {
    const scope = new CancellationScope();
    let isOver = false;
    const running = scope
      .run(() => this.#awaitNodes(places.map(({ node }) => node)))
      .then(
        (awaited) => this.#take(places, awaited),
        (err: unknown) => {
          // What failed for all is told to all; what was cancelled begins again with the others.
          if (scope.consideredCancelled) return;
          const failure = err instanceof Error ? err : new Error(String(err));
          for (const place of places) place.end(failure);
        },
      )
      .finally(() => (isOver = true));
    const hasCome = (): boolean => [...this.#places].some((place) => !places.includes(place));
    await condition(() => isOver || this.#places.size === 0 || hasCome());
    if (!isOver) scope.cancel();
    await running;
  }

  #take(places: readonly Place<Node>[], { ready, failed }: NodesAwaited): void {
    for (const place of places) {
      const { node } = place.node;
      const failure = failed.find((f) => f.node === node)?.failure;
      if (failure) place.end(applicationFailure(failure));
      else if (ready.includes(node)) place.end();
    }
  }
}
