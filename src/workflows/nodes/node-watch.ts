import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { NodeActivities, NodeReport } from '../../activities/node/contract.ts';
import { installationOf } from '../ids.ts';
import { row } from '../markdown.ts';
import {
  devicesQuery,
  firstAnswerUpdate,
  nodePresence,
  nodeSubscription,
  type NodeView,
  type NodeWatchInput,
} from '../messages.ts';
import { probeQueue } from '../queues.ts';
import { PICKED_UP_WITHIN, SILENT_FOR } from './liveness.ts';
import { Subscribers } from './subscribers.ts';
import { isSilence } from './unanswered.ts';

/** What a node watch carries over when it continues as new. */
export interface NodeWatchMemory {
  readonly view: NodeView;
  /** Of the last report. */
  readonly fingerprint?: string;
  readonly subscribers: readonly string[];
}

/** A change is about eight events; Temporal itself suggests to go on in a new execution at 4,096. */
const MOST_EVENTS = 4_000;

/**
 * One node for as long as it is in Kubernetes: what its disks and mounts are, and whether it answers. One activity is
 * always pending on it, which returns when something has changed and whose misses say that the node is silent.
 */
export async function nodeWatch({ node }: NodeWatchInput, memory?: NodeWatchMemory): Promise<void> {
  const watch = new NodeWatch(memory ?? { view: { node }, subscribers: [] });
  setHandler(devicesQuery, () => watch.view);
  setHandler(firstAnswerUpdate, () => watch.firstAnswer());
  setHandler(nodePresence, ({ present }) => watch.presence(present));
  setHandler(nodeSubscription, ({ subscriber, wanted }) => watch.subscribers.set(subscriber, wanted));

  for (;;) {
    await watch.nextChange();
    if (watch.present && !isLong()) continue;
    await condition(() => allHandlersFinished() && watch.subscribers.allNotified());
    if (!watch.present) return;
    await continueAsNew<typeof nodeWatch>({ node }, watch.memory());
  }
}

function isLong(): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength > MOST_EVENTS;
}

class NodeWatch {
  view: NodeView;
  present = true;
  readonly subscribers: Subscribers;
  #fingerprint: string | undefined;
  #pending = new CancellationScope();

  constructor({ view, fingerprint, subscribers }: NodeWatchMemory) {
    this.view = view;
    this.#fingerprint = fingerprint;
    this.subscribers = new Subscribers(subscribers, () => stateOf(this.view));
    this.#describe();
  }

  memory(): NodeWatchMemory {
    const { view } = this;
    const subscribers = this.subscribers.ids();
    return { view, subscribers, ...(this.#fingerprint && { fingerprint: this.#fingerprint }) };
  }

  async firstAnswer(): Promise<NodeView> {
    await condition(() => this.view.answered !== undefined || !this.present);
    return this.view;
  }

  /** A node may be away from Kubernetes for a moment only: the last word counts. */
  presence(present: boolean): void {
    this.present = present;
    if (!present) this.#pending.cancel();
  }

  /** Ends when the node has told something new, is told to be gone, or has come back after it was silent. */
  async nextChange(): Promise<void> {
    this.#pending = new CancellationScope();
    try {
      await this.#pending.run(() => this.#askAgain());
    } catch (err) {
      if (!isCancellation(err)) throw err;
    }
  }

  async #askAgain(): Promise<void> {
    if (this.view.answered === false) return this.#heard(await afterSilence(this.view.node).watchNode({}));
    try {
      const known = this.#fingerprint === undefined ? {} : { known: this.#fingerprint };
      this.#heard(await watching(this.view.node).watchNode(known));
    } catch (err) {
      if (isCancellation(err)) throw err;
      if (isSilence(err)) this.#missed();
      else await this.#afterRestart();
    }
  }

  /** A worker that ends says so: whoever follows it picks up soon, and the node was never silent. */
  async #afterRestart(): Promise<void> {
    const report = afterSilence(this.view.node).watchNode({});
    let ended = false;
    const end = (): void => void (ended = true);
    report.then(end, end);
    const summary = `the node worker of ${this.view.node} ended: wait for the next`;
    if (!(await condition(() => ended, PICKED_UP_WITHIN, { summary }))) this.#missed();
    this.#heard(await report);
  }

  #heard({ fingerprint, disks, mounts, trouble, version }: NodeReport): void {
    this.#fingerprint = fingerprint;
    const { trouble: _before, ...known } = this.view;
    this.#update({
      ...known,
      ...this.#since(true),
      version,
      ...(disks && { disks }),
      ...(mounts && { mounts }),
      ...(trouble !== undefined && { trouble }),
    });
  }

  #missed(): void {
    this.#update({ ...this.view, ...this.#since(false) });
  }

  #since(answered: boolean): Pick<NodeView, 'answered' | 'since'> {
    const { answered: before, since } = this.view;
    return before === answered && since !== undefined
      ? { answered, since }
      : { answered, since: new Date().toISOString() };
  }

  #update(view: NodeView): void {
    this.view = view;
    this.#describe();
  }

  #describe(): void {
    setCurrentDetails(detailsOf(this.view));
  }
}

/** Its limits are those of liveness.ts: together they say within 25 s that a node is silent. */
const watching = (node: string) =>
  proxyActivities<NodeActivities>({
    taskQueue: queueOf(node),
    summary: `notice when something changes on ${node}, or ${node} stops answering`,
    scheduleToStartTimeout: PICKED_UP_WITHIN,
    startToCloseTimeout: '30 days',
    heartbeatTimeout: SILENT_FOR,
    cancellationType: 'TRY_CANCEL',
    retry: { maximumAttempts: 1 },
  });

/**
 * Scheduled once and picked up when the node is back, whenever that is: no events while it is away. It knows nothing,
 * so its answer, the first after the silence, comes at once.
 */
const afterSilence = (node: string) =>
  proxyActivities<NodeActivities>({
    taskQueue: queueOf(node),
    summary: `${node} does not answer: wait for it to come back`,
    startToCloseTimeout: '30 days',
    heartbeatTimeout: SILENT_FOR,
    cancellationType: 'TRY_CANCEL',
    retry: { initialInterval: '1s', maximumInterval: '10s' },
  });

const queueOf = (node: string): string => probeQueue(installationOf(workflowInfo().workflowId), node);

const stateOf = ({ node, answered, since, mounts, trouble }: NodeView) => ({
  node,
  ...(mounts && { mounts }),
  ...(answered !== undefined && { answered }),
  ...(since !== undefined && { since }),
  ...(trouble !== undefined && { trouble }),
});

/** For the Temporal UI. */
function detailsOf({ node, answered, since = '', disks = [], trouble }: NodeView): string {
  if (answered === undefined) return `**${node}** has not answered yet`;
  const head = `**${node}** ${answered ? 'answers' : 'does not answer'} since ${since}`;
  const rows = disks.map((d) => row(d.path, String(d.sizeBytes), d.findings.map((f) => f.detail).join('; ')));
  const table = [row('disk', 'bytes', 'why it cannot be used'), '| --- | --- | --- |', ...rows];
  return [head, ...(trouble === undefined ? [] : [trouble]), '', ...table].join('\n');
}
