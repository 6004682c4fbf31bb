import type { CustomObject, Resource } from '../../src/kube/resources.ts';
import type { ResourceRef } from '../../src/systems/operation.ts';
import * as ids from '../../src/workflows/ids.ts';
import * as queues from '../../src/workflows/queues.ts';

/** The installation of tests that run workers of their own. */
export const INSTALLATION = 'test';

/** A CurveCluster by name. */
export const curveRef = (name: string, namespace = 'curve'): ResourceRef => ({
  system: 'curve',
  kind: 'cluster',
  namespace,
  name,
});

/** As it is in Kubernetes, told apart from the registry's own on purpose. */
export const CURVE_CLUSTERS: Resource<CustomObject> = {
  apiVersion: 'operator.curve.io/v1',
  kind: 'CurveCluster',
  plural: 'curveclusters',
  namespaced: true,
};

export const CONTROL_QUEUE = queues.controlQueue(INSTALLATION);
export const WAIT_QUEUE = queues.waitQueue(INSTALLATION);
export const nodeQueue = (node: string): string => queues.nodeQueue(INSTALLATION, node);
export const probeQueue = (node: string): string => queues.probeQueue(INSTALLATION, node);

export const entityWorkflowId = ({ namespace, name }: Pick<ResourceRef, 'namespace' | 'name'>): string =>
  ids.entityWorkflowId(INSTALLATION, curveRef(name, namespace));
export const healthCheckWorkflowId = ({ namespace, name }: Pick<ResourceRef, 'namespace' | 'name'>): string =>
  ids.healthCheckWorkflowId(INSTALLATION, curveRef(name, namespace));
