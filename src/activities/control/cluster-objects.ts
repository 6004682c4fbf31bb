import type { Kube } from '../../kube/client.ts';
import { LiveView } from '../../kube/live.ts';
import type { Scope } from '../../kube/objects.ts';
import { DEPLOYMENTS, type KubeObject, PODS } from '../../kube/resources.ts';
import type { InKubernetes } from './daemon-health.ts';
import type { Deployment } from './daemons.ts';
import type { Pod } from './pods.ts';

type Labels = Readonly<Record<string, string>>;

/** The Deployments and pods of one cluster, kept up to date: a question about its health reads nothing. */
export class ClusterObjects {
  readonly #deployments: LiveView<Deployment>;
  readonly #pods: LiveView<Pod>;

  constructor(kube: Kube, scope: Scope, changed: () => void) {
    this.#deployments = new LiveView(kube, DEPLOYMENTS, scope, changed);
    this.#pods = new LiveView(kube, PODS, scope, changed);
  }

  /** Those that carry all of these labels. */
  async of(labels: Labels): Promise<InKubernetes> {
    const [deployments, pods] = await Promise.all([this.#deployments.objects(), this.#pods.objects()]);
    return {
      deployments: deployments.filter((object) => carriesAll(object, labels)),
      pods: pods.filter((object) => carriesAll(object, labels)),
    };
  }
}

const carriesAll = ({ metadata }: KubeObject, labels: Labels): boolean =>
  Object.entries(labels).every(([key, value]) => metadata?.labels?.[key] === value);
