import { type OperationId, type ResourceRef, qualifiedName, resourceKey } from '../systems/operation.ts';

/**
 * Ids of executions. All of them begin with the installation, a short form of the uid of namespace kube-system, so that
 * two Kubernetes which share a Temporal namespace never meet. Renaming anything here breaks running executions.
 */
export type Installation = string;

export const entityWorkflowId = (installation: Installation, r: ResourceRef): string =>
  `${installation}/${resourceKey(r)}`;

export const operationWorkflowId = (installation: Installation, o: OperationId): string =>
  `${entityWorkflowId(installation, o)}/${o.uid.slice(0, 8)}-${o.generation}-${o.attempt}`;

export const healthCheckWorkflowId = (installation: Installation, r: ResourceRef): string =>
  `${entityWorkflowId(installation, r)}/health`;

export const nodeBatchWorkflowId = (operation: string, batch: number): string =>
  `${operation}/nodes/${batch}`;

export const planWorkflowId = (installation: Installation, request: string): string =>
  `${installation}/plan/${request}`;

export const nodeWatchWorkflowId = (installation: Installation, node: string): string =>
  `${installation}/nodes/${node}`;

/** Name of the control worker's deployment in Temporal: its builds are known as versions of it. */
export const deploymentName = (installation: Installation): string => `${installation}-keelson-control`;

/** The installation that an id or a queue belongs to. */
export const installationOf = (idOrQueue: string): Installation => idOrQueue.split('/', 1).join('');

export interface Subject {
  readonly resource?: string;
  readonly operation?: string;
  readonly node?: string;
}

/** Which resource and operation, or which node, an execution works for, as far as its id tells: for logs. */
export function subjectOf(workflowId: string): Subject {
  const [, system, kind, namespace, name, operation] = workflowId.split('/');
  if (system === 'nodes' && kind !== undefined && namespace === undefined) return { node: kind };
  if (system === undefined || kind === undefined || namespace === undefined || name === undefined) return {};
  const resource = `${system} ${kind} ${qualifiedName({ namespace, name })}`;
  const isOperation = operation !== undefined && operation !== 'health';
  return isOperation ? { resource, operation: workflowId.split('/', 6).join('/') } : { resource };
}
