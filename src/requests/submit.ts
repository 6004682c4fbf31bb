import { randomUUID } from 'node:crypto';
import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { rootCause } from '@temporalio/common';
import {
  type ApplyAnswer,
  type ApplyRequest,
  type ClusterRef,
  type DevicesAnswer,
  type HealthCheckInput,
  type Plan,
  type PlanInput,
  type TriedDocument,
  WORKFLOW,
  applyUpdate,
  clusterWorkflowId,
  devicesWorkflowId,
  healthCheckWorkflowId,
  planWorkflowId,
  retryUpdate,
} from '../workflows/messages.ts';
import { CONTROL_QUEUE } from '../workflows/queues.ts';
import { Problem } from './problems.ts';
import { DEADLINE_MS, within } from './temporal.ts';

/** Workflows that only look: they end by themselves, also when no worker runs for a while. */
const LOOK_TIMEOUT = '5 minutes';

/** The workflow of the cluster, started by its first request and joined by every other. */
const entityOf = (cluster: ClusterRef) =>
  new WithStartWorkflowOperation(WORKFLOW.cluster, {
    workflowId: clusterWorkflowId(cluster),
    taskQueue: CONTROL_QUEUE,
    args: [cluster],
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: `Curve cluster ${cluster.namespace}/${cluster.name}`,
  });

/**
 * Hands a document to the workflow of its cluster. HTTP and the watch both come through here, with the same update id,
 * so that whichever is second joins the first.
 */
export async function submit(
  client: Client,
  cluster: ClusterRef,
  request: ApplyRequest,
): Promise<ApplyAnswer> {
  await within(client, DEADLINE_MS.reach, () => client.workflowService.getSystemInfo({}));
  return within(client, DEADLINE_MS.update, () =>
    client.workflow.executeUpdateWithStart(applyUpdate, {
      args: [request],
      updateId: `${request.uid}/${request.generation}`,
      startWorkflowOperation: entityOf(cluster),
    }),
  );
}

/**
 * Starts the document of an ended operation again; of two who ask at once, both get the same new operation.
 * @param tried is asked for when the workflow of the cluster was ended in Temporal and remembers nothing
 */
export async function retry(
  client: Client,
  cluster: ClusterRef,
  operation: string,
  tried: () => TriedDocument,
): Promise<ApplyAnswer> {
  const updateId = `retry/${operation}`;
  try {
    return await within(client, DEADLINE_MS.update, () =>
      client.workflow
        .getHandle(clusterWorkflowId(cluster))
        .executeUpdate(retryUpdate, { args: [{ operation }], updateId }),
    );
  } catch (err) {
    if (!(err instanceof WorkflowNotFoundError)) throw err;
    const request = { operation, tried: tried() };
    return within(client, DEADLINE_MS.update, () =>
      client.workflow.executeUpdateWithStart(retryUpdate, {
        args: [request],
        updateId,
        startWorkflowOperation: entityOf(cluster),
      }),
    );
  }
}

/** What an apply would do. Every request has a plan of its own. */
export async function plan(client: Client, input: PlanInput): Promise<Plan> {
  const { namespace, name } = input.cluster;
  return looked(`the plan for ${namespace}/${name}`, () =>
    within(client, DEADLINE_MS.look, () =>
      client.workflow.execute<(input: PlanInput) => Promise<Plan>>(WORKFLOW.plan, {
        workflowId: planWorkflowId(randomUUID()),
        taskQueue: CONTROL_QUEUE,
        args: [input],
        workflowExecutionTimeout: LOOK_TIMEOUT,
        staticSummary: `Plan for Curve cluster ${namespace}/${name}`,
      }),
    ),
  );
}

/** The disks of one node; two who ask at the same time share one look. */
export async function devices(client: Client, node: string): Promise<DevicesAnswer> {
  return looked(`the list of disks of ${node}`, () =>
    within(client, DEADLINE_MS.look, () =>
      client.workflow.execute<(input: { node: string }) => Promise<DevicesAnswer>>(WORKFLOW.devices, {
        workflowId: devicesWorkflowId(node),
        taskQueue: CONTROL_QUEUE,
        args: [{ node }],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowExecutionTimeout: LOOK_TIMEOUT,
        staticSummary: `Disks of ${node}`,
      }),
    ),
  );
}

/** Looks at a running cluster, or joins the look that goes on; returns when it has ended. */
export async function runHealthCheck(
  client: Client,
  input: HealthCheckInput,
  deadlineMs: number,
): Promise<void> {
  const { namespace, name } = input.cluster;
  await within(client, deadlineMs, () =>
    client.workflow.execute<(input: HealthCheckInput) => Promise<void>>(WORKFLOW.healthCheck, {
      workflowId: healthCheckWorkflowId(input.cluster),
      taskQueue: CONTROL_QUEUE,
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowExecutionTimeout: LOOK_TIMEOUT,
      staticSummary: `Look at Curve cluster ${namespace}/${name}`,
    }),
  );
}

async function looked<T>(subject: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (err) {
    if (!(err instanceof WorkflowFailedError || err instanceof WorkflowNotFoundError)) throw err;
    throw new Problem('LookFailed', {
      subject,
      detail: rootCause(err.cause) ?? err.message,
      next: 'nothing was changed; see the failed workflow in the Temporal UI, then ask again',
      cause: err,
    });
  }
}
