import { KubeError } from '../../kube/errors.ts';
import type { Failure } from '../../systems/failure.ts';
import { permanentFailureIn } from '../failure.ts';
import type { ActivityContext } from './activity-context.ts';
import type { NodesAwaited } from './contract.ts';
import { SLOW_NODE_MS } from './intervals.ts';
import { type Poll, type Seen, type Watched, awaitAnswer, joined } from './waiting.ts';

interface AwaitedNode {
  readonly node: string;
}

/** How far one node of a wait is. */
export interface NodeProgress {
  readonly done: number;
  readonly total: number;
  /** What is still waited for, a sentence each with node and object. Empty: the wait is over for this node. */
  readonly problems: readonly string[];
}

/** Checks one node, with the objects of all as they are now. Fails for that node where no wait can help. */
export type NodeCheck<Node> = (node: Node) => Promise<NodeProgress>;

/** Checks all nodes of a wait until it is over for one of them at least. */
export async function awaitNodes<W extends Watched, Node extends AwaitedNode>(
  work: ActivityContext,
  watched: W,
  nodes: readonly Node[],
  checkIn: (seen: Seen<W>) => NodeCheck<Node> | Promise<NodeCheck<Node>>,
): Promise<NodesAwaited> {
  const checks = new NodeChecks(nodes);
  return awaitAnswer(work, watched, async (seen) => checks.round(await checkIn(seen)));
}

type Found = NodeProgress | { readonly failure: Failure };

/** The nodes of one wait, each checked by itself: one that takes long to answer holds up no other. */
class NodeChecks<Node extends AwaitedNode> {
  readonly #nodes: readonly Node[];
  readonly #found = new Map<Node, Found>();
  readonly #underWay = new Map<Node, Promise<void>>();
  /** What ends the whole wait. */
  #error: Error | undefined;

  constructor(nodes: readonly Node[]) {
    this.#nodes = nodes;
  }

  async round(check: NodeCheck<Node>): Promise<Poll<NodesAwaited>> {
    for (const node of this.#nodes) {
      if (!this.#underWay.has(node)) this.#underWay.set(node, this.#check(node, check));
    }
    await endedWithin(SLOW_NODE_MS, [...this.#underWay.values()]);
    if (this.#error !== undefined) throw this.#error;
    return pollOf(this.#nodes.map((node) => ({ node: node.node, ...this.#foundOf(node) })));
  }

  async #check(node: Node, check: NodeCheck<Node>): Promise<void> {
    try {
      this.#found.set(node, await check(node));
    } catch (error) {
      const failure = permanentFailureIn(error);
      if (failure) this.#found.set(node, { failure });
      else if (error instanceof KubeError && !error.permanent)
        this.#found.set(node, { done: 0, total: 0, problems: [`${node.node}: ${error.message}`] });
      else this.#error ??= error instanceof Error ? error : new Error(String(error));
    } finally {
      this.#underWay.delete(node);
    }
  }

  #foundOf(node: Node): Found {
    return this.#found.get(node) ?? { done: 0, total: 0, problems: [`${node.node} has not answered yet`] };
  }
}

function pollOf(nodes: readonly (Found & AwaitedNode)[]): Poll<NodesAwaited> {
  const failed = nodes.flatMap((n) => ('failure' in n ? [{ node: n.node, failure: n.failure }] : []));
  const healthy = nodes.flatMap((n) => ('failure' in n ? [] : [n]));
  const ready = healthy.filter((n) => n.problems.length === 0).map((n) => n.node);
  const sum = (of: 'done' | 'total') => healthy.reduce((n, health) => n + health[of], 0);
  return {
    progress: {
      done: sum('done'),
      total: sum('total'),
      waitingFor: joined(healthy.flatMap((n) => n.problems)),
    },
    answer: ready.length + failed.length > 0 ? { ready, failed } : undefined,
  };
}

/** Ends when all have ended, or when it is time to go on without those that have not. */
async function endedWithin(ms: number, all: readonly Promise<void>[]): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await Promise.race([Promise.all(all), late]);
  } finally {
    clearTimeout(timer);
  }
}
