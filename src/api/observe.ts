import { type Client, QueryNotRegisteredError } from '@temporalio/client';
import {
  type ClusterRef,
  type OperationView,
  clusterQuery,
  clusterWorkflowId,
  operationQuery,
} from '../workflows/messages.ts';
import { pendingActivities } from './describe.ts';
import { DEADLINE_MS, whenFound } from './temporal.ts';
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
  readonly #client: Client;
  readonly #ended = new Map<string, OperationView>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** The newest operation of the resource with this uid; undefined when nothing was started for it yet. */
  async operation(cluster: ClusterRef, uid: string): Promise<LiveOperation | undefined> {
    const entity = await whenFound(this.#client, DEADLINE_MS.read, () =>
      this.#client.workflow.getHandle(clusterWorkflowId(cluster)).query(clusterQuery),
    );
    if (entity?.uid !== uid) return undefined;
    const id = entity.operation;
    const view = this.#ended.get(id) ?? (await this.#view(id));
    if (view === undefined) return undefined;
    if (view.state !== 'Running') {
      this.#remember(id, view);
      return { id, view, pending: [] };
    }
    return { id, view, pending: await this.#pending([id, ...view.children]) };
  }

  /** Undefined also for an operation that was accepted a moment ago and whose execution starts only now. */
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

  async #pending(executions: readonly string[]): Promise<readonly PendingActivity[]> {
    const found: (readonly PendingActivity[])[] = [];
    for (let i = 0; i < executions.length; i += AT_ONCE) {
      const batch = executions.slice(i, i + AT_ONCE).map((id) =>
        // One that ended or was never started has nothing pending.
        whenFound(this.#client, DEADLINE_MS.read, () => pendingActivities(this.#client, id)),
      );
      found.push(...(await Promise.all(batch)).map((pending) => pending ?? []));
    }
    return found.flat();
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
