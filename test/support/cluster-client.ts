import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import type { CurveClusterSpec } from '../../src/systems/curve/spec.ts';
import type { curveCluster } from '../../src/workflows/operation/entity.ts';
import {
  type ApplyAnswer,
  applyUpdate,
  clusterWorkflowId,
  operationQuery,
  type OperationView,
} from '../../src/workflows/messages.ts';
import { CONTROL_QUEUE } from '../../src/workflows/queues.ts';

/** Sends a document the way the API and the watch do. */
export function apply(
  client: Client,
  name: string,
  document: { uid: string; generation: number; spec: CurveClusterSpec },
): Promise<ApplyAnswer> {
  const ref = { namespace: 'curve', name };
  return client.workflow.executeUpdateWithStart(applyUpdate, {
    args: [document],
    updateId: `${document.uid}/${document.generation}`,
    startWorkflowOperation: new WithStartWorkflowOperation<typeof curveCluster>('curveCluster', {
      workflowId: clusterWorkflowId(ref),
      taskQueue: CONTROL_QUEUE,
      args: [ref],
      workflowIdConflictPolicy: 'USE_EXISTING',
    }),
  });
}

/** The operation's own view of itself; readable while it runs and after it ended. */
export const view = (client: Client, operation: string): Promise<OperationView> =>
  client.workflow.getHandle(operation).query(operationQuery);
