import type { V1Container } from '@kubernetes/client-node';
import type { CurveContext } from '../layout.ts';
import { ANNOTATION, fingerprint, LABEL } from '../../names.ts';
import { componentLabels, type Component } from '../names.ts';
import { metadata, type Deployment, type Volume } from './manifest.ts';
import { onNodes, POD_BASICS, STAYS_ON_NODE } from './pod.ts';

export interface DaemonParts {
  readonly name: string;
  readonly component: Component;
  /** Instance letter; of a chunkserver the name of its Deployment. */
  readonly instance: string;
  readonly node: string;
  /** InternalIP of the node. */
  readonly ip: string;
  readonly device?: string;
  readonly ports: Readonly<Record<string, number>>;
  /** Written on the Deployment, to be read back by objects/existing.ts. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Everything the daemon reads at start: another content restarts it. */
  readonly configuration: readonly string[];
  readonly initContainers?: readonly V1Container[];
  readonly containers: readonly V1Container[];
  readonly volumes: readonly Volume[];
  readonly graceSeconds: number;
}

/** One daemon: its own Deployment, bound to its node, the old pod gone before the new one starts. */
export function daemon(context: CurveContext, parts: DaemonParts): Deployment {
  const { component, instance, node, device } = parts;
  const of = { component, instance, node, ...(device === undefined ? {} : { device }) };
  const labels = componentLabels(context.operation, context.clusterId, of);
  const identity = [LABEL.clusterId, LABEL.component, LABEL.instance];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(context, parts.name, of, {
      [ANNOTATION.node]: node,
      [ANNOTATION.ip]: parts.ip,
      [ANNOTATION.ports]: JSON.stringify(parts.ports),
      [ANNOTATION.hostDataDir]: context.hostDataDir,
      ...parts.annotations,
    }),
    spec: {
      replicas: 1,
      revisionHistoryLimit: 1,
      strategy: { type: 'Recreate' },
      selector: { matchLabels: Object.fromEntries(identity.map((key) => [key, labels[key] ?? ''])) },
      template: {
        metadata: {
          labels,
          annotations: { [ANNOTATION.config]: fingerprint(parts.configuration.join('\0')) },
        },
        spec: {
          ...POD_BASICS,
          affinity: onNodes([node]),
          tolerations: [...STAYS_ON_NODE],
          terminationGracePeriodSeconds: parts.graceSeconds,
          ...(parts.initContainers === undefined ? {} : { initContainers: [...parts.initContainers] }),
          containers: [...parts.containers],
          volumes: [...parts.volumes],
        },
      },
    },
  };
}
