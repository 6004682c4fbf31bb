import { type Client, QueryNotRegisteredError } from '@temporalio/client';
import { mapConcurrently } from '../concurrency/map-concurrently.ts';
import type { ResourceRef } from '../systems/operation.ts';
import type { SystemRegistry } from '../systems/system.ts';
import { entityWorkflowId, operationWorkflowId } from '../workflows/ids.ts';
import { type ClusterView, type OperationView, clusterQuery, operationQuery } from '../workflows/messages.ts';
import { pendingPhases } from '../systems/phases.ts';
import { type Execution, describeExecution } from './describe-execution.ts';
import { DEADLINE_MS, type Temporal, whenFound } from './temporal.ts';
import { type Closed, endedFromOutside } from './view/ended.ts';
import type { PendingActivity } from './view/work.ts';

/** What Temporal tells of a cluster: its newest operation and what goes on in it now. */
export interface LiveOperation {
  /** Workflow id. */
  readonly id: string;
  readonly view: OperationView;
  readonly pending: readonly PendingActivity[];
}

/** Descriptions asked for at a time: a thousand nodes are about thirty executions. */
const AT_ONCE = 8;

/** Operations that ended, whose view can no longer change; the newest are kept. */
const ENDED_KEPT = 200;

/** Asks Temporal how clusters stand. */
export class Observer {
  readonly #temporal: Temporal;
  readonly #systems: SystemRegistry;
  readonly #ended = new Map<string, OperationView>();

  constructor(temporal: Temporal, systems: SystemRegistry) {
    this.#temporal = temporal;
    this.#systems = systems;
  }

  get #client(): Client {
    return this.#temporal.client;
  }

  #entityOf(resource: ResourceRef): string {
    return entityWorkflowId(this.#temporal.installation, resource);
  }

  /** What the workflow of the cluster knows; undefined when nothing was started for the resource with this uid yet. */
  async newest(resource: ResourceRef, uid: string): Promise<ClusterView | undefined> {
    const known = await whenFound(this.#client, DEADLINE_MS.read, () =>
      this.#client.workflow.getHandle(this.#entityOf(resource)).query(clusterQuery),
    );
    return known?.operation.uid === uid ? known : undefined;
  }

  /** The operation itself; undefined when Temporal keeps it no longer, or nobody is left who would start it. */
  async operation(newest: ClusterView): Promise<LiveOperation | undefined> {
    const id = operationWorkflowId(this.#temporal.installation, newest.operation);
    if (!newest.started) {
      const [entity] = await this.#describe([this.#entityOf(newest.operation)]);
      if (entity?.closed === undefined) return { id, view: this.#notBegun(newest), pending: [] };
    }
    const view = this.#ended.get(id) ?? (await this.#view(id));
    if (view === undefined) return undefined;
    if (view.state !== 'Running') {
      this.#remember(id, view);
      return { id, view, pending: [] };
    }
    const executions = await this.#describe([id, ...view.children]);
    const closed = executions[0]?.closed;
    if (closed !== undefined) return this.#closed(id, view, closed);
    return { id, view, pending: executions.flatMap((execution) => execution?.pending ?? []) };
  }

  /** Its view said Running: it has ended since, or was ended from outside. Not remembered, since it may be reset. */
  async #closed(id: string, before: OperationView, closed: Closed): Promise<LiveOperation> {
    const last = (await this.#view(id)) ?? before;
    return { id, view: last.state === 'Running' ? endedFromOutside(last, closed) : last, pending: [] };
  }

  async #view(id: string): Promise<OperationView | undefined> {
    return whenFound(this.#client, DEADLINE_MS.read, () =>
      this.#client.workflow
        .getHandle(id)
        .query(operationQuery)
        .catch((err: unknown) => {
          if (err instanceof QueryNotRegisteredError) return undefined;
          throw err;
        }),
    );
  }

  /** In the order of the ids; undefined for one that was never started. */
  async #describe(ids: readonly string[]): Promise<readonly (Execution | undefined)[]> {
    return mapConcurrently(ids, AT_ONCE, (id) =>
      whenFound(this.#client, DEADLINE_MS.read, () => describeExecution(this.#client, id)),
    );
  }

  /** An operation that was accepted a moment ago, or waits for the one before it. */
  #notBegun({ operation, state, stopping }: ClusterView): OperationView {
    const message =
      stopping === undefined ? '' : `begins when operation ${stopping} has left, at its next safe point`;
    const phases = pendingPhases(this.#systems.kindOf(operation).kind.phases);
    return { operation, state, phases, transitions: [], children: [], message };
  }

  #remember(id: string, view: OperationView): void {
    this.#ended.delete(id);
    this.#ended.set(id, view);
    const oldest = this.#ended.keys().next();
    if (this.#ended.size > ENDED_KEPT && !oldest.done) this.#ended.delete(oldest.value);
  }
}

/** Whether Temporal answers at once: asked by probes, which wait for a second themselves. */
export async function temporalAnswers(client: Client): Promise<boolean> {
  const call = () => client.workflowService.getSystemInfo({});
  return client.withDeadline(Date.now() + DEADLINE_MS.probe, call).then(
    () => true,
    () => false,
  );
}
