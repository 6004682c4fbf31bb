import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { rootCause } from '@temporalio/common';
import { type ResourceRef, qualifiedName } from '../systems/operation.ts';
import type { StorageKind } from '../systems/system.ts';
import { entityWorkflowId, healthCheckWorkflowId, planWorkflowId } from '../workflows/ids.ts';
import {
  type ApplyAnswer,
  type ApplyRequest,
  type HealthCheckInput,
  type Plan,
  type PlanInput,
  type TriedManifest,
  applyUpdate,
  healthManifest,
  retryUpdate,
} from '../workflows/messages.ts';
import { controlQueue } from '../workflows/queues.ts';
import { Problem } from './problems.ts';
import { DEADLINE_MS, type Temporal, nextStepOf, within } from './temporal.ts';

/** Workflows that only observe: they end by themselves, also when no worker runs for a while. */
const READ_TIMEOUT = '5 minutes';

/** The workflow of a resource, started by its first request and joined by every other. */
const entityOf = ({ installation }: Temporal, { workflows, title }: StorageKind, resource: ResourceRef) =>
  new WithStartWorkflowOperation(workflows.entity, {
    workflowId: entityWorkflowId(installation, resource),
    taskQueue: controlQueue(installation),
    args: [resource],
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: `${title} ${qualifiedName(resource)}`,
  });

/**
 * Hands a manifest to the workflow of its resource. HTTP and the watch both come through here, with the same update id,
 * so that whichever is second joins the first.
 */
export async function submit(
  temporal: Temporal,
  kind: StorageKind,
  resource: ResourceRef,
  request: ApplyRequest,
): Promise<ApplyAnswer> {
  const { client } = temporal;
  await within(client, DEADLINE_MS.reach, () => client.workflowService.getSystemInfo({}));
  return within(client, DEADLINE_MS.update, () =>
    client.workflow.executeUpdateWithStart(applyUpdate, {
      args: [request],
      updateId: `${request.uid}/${request.generation}`,
      startWorkflowOperation: entityOf(temporal, kind, resource),
    }),
  );
}

/**
 * Starts the manifest of an ended operation again; of two who ask at once, both get the same new operation.
 * @param tried is asked for when the workflow of the resource was ended in Temporal and remembers nothing
 */
export async function retry(
  temporal: Temporal,
  kind: StorageKind,
  resource: ResourceRef,
  operation: string,
  tried: () => TriedManifest,
): Promise<ApplyAnswer> {
  const { client, installation } = temporal;
  const updateId = `retry/${operation}`;
  try {
    return await within(client, DEADLINE_MS.update, () =>
      client.workflow
        .getHandle(entityWorkflowId(installation, resource))
        .executeUpdate(retryUpdate, { args: [{ operation }], updateId }),
    );
  } catch (err) {
    if (!(err instanceof WorkflowNotFoundError)) throw err;
    const request = { operation, tried: tried() };
    return within(client, DEADLINE_MS.update, () =>
      client.workflow.executeUpdateWithStart(retryUpdate, {
        args: [request],
        updateId,
        startWorkflowOperation: entityOf(temporal, kind, resource),
      }),
    );
  }
}

/** What an apply would do. Every request has a plan of its own. */
export async function plan(
  { client, installation }: Temporal,
  { workflows, title }: StorageKind,
  input: PlanInput,
): Promise<Plan> {
  const name = qualifiedName(input.resource);
  return observed(`the plan for ${name}`, () =>
    within(client, DEADLINE_MS.observe, () =>
      client.workflow.execute<(input: PlanInput) => Promise<Plan>>(workflows.plan, {
        workflowId: planWorkflowId(installation, randomUUID()),
        taskQueue: controlQueue(installation),
        args: [input],
        workflowExecutionTimeout: READ_TIMEOUT,
        staticSummary: `Plan for ${title} ${name}`,
      }),
    ),
  );
}

/** The health check of a cluster, as whoever is first starts it. */
const healthCheckOf = ({ installation }: Temporal, { title }: StorageKind, input: HealthCheckInput) => ({
  workflowId: healthCheckWorkflowId(installation, input.resource),
  taskQueue: controlQueue(installation),
  args: [input] as [HealthCheckInput],
  workflowIdConflictPolicy: 'USE_EXISTING' as const,
  staticSummary: `Health check of ${title} ${qualifiedName(input.resource)}`,
});

/** Hands an accepted manifest to the health check of its cluster, which listens to the nodes again. */
export async function handToHealthCheck(
  temporal: Temporal,
  kind: StorageKind,
  input: HealthCheckInput,
): Promise<void> {
  const { client } = temporal;
  await within(client, DEADLINE_MS.update, () =>
    client.workflow.signalWithStart<HealthCheckWorkflow, [HealthCheckInput]>(kind.workflows.healthCheck, {
      ...healthCheckOf(temporal, kind, input),
      signal: healthManifest,
      signalArgs: [input],
    }),
  );
}

/** Makes sure that a cluster is watched; adds nothing to the history of a health check that runs. */
export async function startHealthCheck(
  temporal: Temporal,
  kind: StorageKind,
  input: HealthCheckInput,
): Promise<void> {
  const { client } = temporal;
  await within(client, DEADLINE_MS.update, () =>
    client.workflow.start<HealthCheckWorkflow>(
      kind.workflows.healthCheck,
      healthCheckOf(temporal, kind, input),
    ),
  );
}

type HealthCheckWorkflow = (input: HealthCheckInput) => Promise<void>;

async function observed<T>(subject: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (err) {
    if (!(err instanceof WorkflowFailedError || err instanceof WorkflowNotFoundError)) throw err;
    throw new Problem('NodesNotRead', {
      subject,
      detail: rootCause(err.cause) ?? err.message,
      next: nextStepOf(err) ?? 'see the failed workflow in the Temporal UI, then ask again',
      cause: err,
    });
  }
}
