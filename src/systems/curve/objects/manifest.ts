import type {
  V1ConfigMap,
  V1Deployment,
  V1Job,
  V1ObjectMeta,
  V1Secret,
  V1Volume,
} from '@kubernetes/client-node';
import type { CurveContext } from '../layout.ts';
import type { Wire } from '../../../kube/resources.ts';
import { clusterLabels } from '../../names.ts';
import { componentLabels, type ComponentLabels } from '../names.ts';

export type ConfigMap = Wire<V1ConfigMap>;
export type Secret = Wire<V1Secret>;
export type Deployment = Wire<V1Deployment>;
export type Job = Wire<V1Job>;
export type ObjectMeta = Wire<V1ObjectMeta>;
export type Volume = Wire<V1Volume>;

/** Name, namespace and labels. No ownerReference, ever: deleting the resource must not stop a daemon. */
export function metadata(
  context: CurveContext,
  name: string,
  of?: ComponentLabels,
  annotations?: Readonly<Record<string, string>>,
): ObjectMeta {
  const { operation, clusterId } = context;
  const labels =
    of === undefined ? clusterLabels(operation, clusterId) : componentLabels(operation, clusterId, of);
  return {
    name,
    namespace: operation.namespace,
    labels,
    ...(annotations === undefined ? {} : { annotations }),
  };
}

export const configMap = (meta: ObjectMeta, data: Readonly<Record<string, string>>): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: meta,
  data: { ...data },
});
