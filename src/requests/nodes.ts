import {
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { nodeWatchWorkflowId } from '../workflows/ids.ts';
import {
  devicesQuery,
  firstAnswerUpdate,
  NODE_WATCH,
  nodePresence,
  type NodeView,
  type NodeWatchInput,
} from '../workflows/messages.ts';
import { controlQueue } from '../workflows/queues.ts';
import { DEADLINE_MS, type Temporal, whenFound, within } from './temporal.ts';

type NodeWatchWorkflow = (input: NodeWatchInput) => Promise<void>;

const startOptions = ({ installation }: Temporal, node: string) => ({
  workflowId: nodeWatchWorkflowId(installation, node),
  taskQueue: controlQueue(installation),
  args: [{ node }] as [NodeWatchInput],
  staticSummary: `Node watch of ${node}`,
});

/** What is known of a node. Where nobody watches it yet, the watch is started and its first answer waited for. */
export async function viewNode(temporal: Temporal, node: string): Promise<NodeView> {
  const known = await viewIfWatched(temporal, node);
  if (known?.answered !== undefined) return known;
  const { client } = temporal;
  return within(client, DEADLINE_MS.firstAnswer, () =>
    client.workflow.executeUpdateWithStart(firstAnswerUpdate, {
      startWorkflowOperation: new WithStartWorkflowOperation<NodeWatchWorkflow>(NODE_WATCH, {
        ...startOptions(temporal, node),
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    }),
  );
}

/** A watch that a person has ended would still answer, with what was true then. */
async function viewIfWatched(
  { client, installation }: Temporal,
  node: string,
): Promise<NodeView | undefined> {
  const handle = client.workflow.getHandle<NodeWatchWorkflow>(nodeWatchWorkflowId(installation, node));
  return whenFound(client, DEADLINE_MS.read, async () => {
    const { status } = await handle.describe();
    return status.name === 'RUNNING' ? handle.query(devicesQuery) : undefined;
  });
}

/** Makes sure that a node of Kubernetes is watched. True when nobody did: whoever wants its state has to say so. */
export async function startNodeWatch(temporal: Temporal, node: string): Promise<boolean> {
  const { client } = temporal;
  return within(client, DEADLINE_MS.read, async () => {
    try {
      await client.workflow.start<NodeWatchWorkflow>(NODE_WATCH, {
        ...startOptions(temporal, node),
        workflowIdConflictPolicy: 'FAIL',
      });
      return true;
    } catch (err) {
      if (err instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw err;
    }
  });
}

/** The same for a node that was gone a moment ago: its watch may just be ending, and then goes on. */
export async function resumeNodeWatch(temporal: Temporal, node: string): Promise<void> {
  const { client } = temporal;
  await within(client, DEADLINE_MS.read, () =>
    client.workflow.signalWithStart<NodeWatchWorkflow, [{ present: boolean }]>(NODE_WATCH, {
      ...startOptions(temporal, node),
      signal: nodePresence,
      signalArgs: [{ present: true }],
    }),
  );
}

/** The node is gone from Kubernetes: nobody need watch it. */
export async function endNodeWatch({ client, installation }: Temporal, node: string): Promise<void> {
  const handle = client.workflow.getHandle<NodeWatchWorkflow>(nodeWatchWorkflowId(installation, node));
  await within(client, DEADLINE_MS.read, async () => {
    try {
      await handle.signal(nodePresence, { present: false });
    } catch (err) {
      if (!(err instanceof WorkflowNotFoundError)) throw err;
    }
  });
}
