import type {
  V1ConfigMap,
  V1Deployment,
  V1Job,
  V1ObjectMeta,
  V1Secret,
  V1Volume,
} from '@kubernetes/client-node';
import type { CurveContext } from '../layout.ts';
import { clusterLabels } from '../../names.ts';
import { componentLabels, type ComponentLabels } from '../names.ts';

/** An object as it travels, in JSON: the client library says `Date` where JSON has text. */
type Json<T> = T extends Date
  ? string
  : T extends readonly (infer U)[]
    ? Json<U>[]
    : T extends object
      ? { [K in keyof T]: Json<T[K]> }
      : T;

export type ConfigMap = Json<V1ConfigMap>;
export type Secret = Json<V1Secret>;
export type Deployment = Json<V1Deployment>;
export type Job = Json<V1Job>;
export type ObjectMeta = Json<V1ObjectMeta>;
export type Volume = Json<V1Volume>;

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
