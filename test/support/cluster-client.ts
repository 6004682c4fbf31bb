import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import type { CurveClusterSpec } from '../../src/systems/curve/spec.ts';
import type { curveCluster } from '../../src/workflows/curve/cluster.ts';
import {
  type ApplyAnswer,
  applyUpdate,
  operationQuery,
  type OperationView,
} from '../../src/workflows/messages.ts';
import { CONTROL_QUEUE, curveRef, entityWorkflowId } from './curve-ids.ts';

/** Sends a manifest the way the API and the watch do. */
export function apply(
  client: Client,
  name: string,
  manifest: { uid: string; generation: number; spec: CurveClusterSpec },
): Promise<ApplyAnswer> {
  const ref = curveRef(name);
  return client.workflow.executeUpdateWithStart(applyUpdate, {
    args: [manifest],
    updateId: `${manifest.uid}/${manifest.generation}`,
    startWorkflowOperation: new WithStartWorkflowOperation<typeof curveCluster>('curveCluster', {
      workflowId: entityWorkflowId(ref),
      taskQueue: CONTROL_QUEUE,
      args: [ref],
      workflowIdConflictPolicy: 'USE_EXISTING',
    }),
  });
}

/** The operation's own view of itself; readable while it runs and after it ended. */
export const view = (client: Client, operation: string): Promise<OperationView> =>
  client.workflow.getHandle(operation).query(operationQuery);
