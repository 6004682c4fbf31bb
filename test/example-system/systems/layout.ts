import type { CONFIG_MAPS } from '../../../src/kube/resources.ts';
import { bounded, clusterLabels } from '../../../src/systems/names.ts';
import type { ClusterIdentity, OperationId } from '../../../src/systems/operation.ts';
import type { ExampleSpec } from './spec.ts';

/** Where everything of one store is: derived from the spec, nothing else. */
export interface ExampleLayout {
  readonly context: ExampleContext;
  readonly nodes: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
}

/** What every step needs to know. */
export interface ExampleContext extends ClusterIdentity {
  /** The folder of this store on each of its nodes. */
  readonly folder: string;
}

export interface LayoutInput {
  readonly operation: OperationId;
  readonly clusterId: string;
  readonly spec: ExampleSpec;
}

/** Called in an activity, so that the history records what this build computed. */
export const layoutOf = ({ operation, clusterId, spec }: LayoutInput): ExampleLayout => ({
  context: {
    operation,
    clusterId,
    folder: `${spec.folder.replace(/\/+$/, '')}/${operation.namespace}.${operation.name}`,
  },
  nodes: spec.nodes,
  settings: spec.settings,
});

type ConfigMap = NonNullable<typeof CONFIG_MAPS.shape>;

/** The ConfigMap that keeps the settings. Without ownerReference: it stays when the resource is deleted. */
export const settingsObject = ({
  context: { operation, clusterId },
  settings,
}: ExampleLayout): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    namespace: operation.namespace,
    name: bounded(`${operation.name}-settings`, 253),
    labels: clusterLabels(operation, clusterId),
  },
  data: { ...settings },
});
