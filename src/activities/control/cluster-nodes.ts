import type { Kube } from '../../kube/client.ts';
import { LiveView } from '../../kube/live.ts';
import { internalIp } from '../../kube/node-address.ts';
import { NODES } from '../../kube/resources.ts';
import { NODES_ONE_BY_ONE } from './intervals.ts';
import { type Node, isNodeReady } from './job-runs.ts';

/**
 * The nodes of one cluster, kept up to date: each by a watch of its own, so that nothing is read of the nodes of others;
 * of a cluster so large that one watch is cheaper, all nodes.
 */
export class ClusterNodes {
  readonly #names: readonly string[];
  readonly #changed: () => void;
  readonly #views: readonly LiveView<Node>[];
  #seen = '';

  /** @param changed called when one comes, goes, gets another address, or changes between Ready and not */
  constructor(kube: Kube, names: readonly string[], changed: () => void) {
    this.#names = names;
    this.#changed = changed;
    const scopes =
      names.length <= NODES_ONE_BY_ONE
        ? names.map((name) => ({ fieldSelector: `metadata.name=${name}` }))
        : [{}];
    this.#views = scopes.map((scope) => new LiveView(kube, NODES, scope, () => void this.#compare()));
  }

  /** In the order of the names; undefined: not in Kubernetes. */
  async all(): Promise<readonly { readonly name: string; readonly node: Node | undefined }[]> {
    const objects = (await Promise.all(this.#views.map((view) => view.objects()))).flat();
    const known = new Map(objects.map((node) => [node.metadata?.name, node]));
    return this.#names.map((name) => ({ name, node: known.get(name) }));
  }

  /** Nodes write their status every few minutes; only this of it counts. */
  async #compare(): Promise<void> {
    const nodes = await this.all().catch(() => []); // told to whoever asks
    const seen = JSON.stringify(
      nodes.map(({ node }) => [node?.metadata?.uid, node && isNodeReady(node), node && internalIp(node)]),
    );
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.#changed();
  }
}
