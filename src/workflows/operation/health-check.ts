import {
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { HealthReport, HealthWatchInput } from '../../activities/control/contract.ts';
import type { NodeHealth } from '../../systems/node-health.ts';
import type { ReadyVerdict } from '../../systems/readiness.ts';
import { failureMessage } from '../failure.ts';
import { type HealthCheckInput, healthManifest, healthQuery, healthRecheck, nodeState } from '../messages.ts';
import { NodeSubscriptions } from '../nodes/subscriptions.ts';

/** How a system watches the health of one of its clusters. */
export interface HealthCheckDefinition<Spec> {
  readonly nodesOf: (spec: Spec) => readonly string[];
  /** The system's activity `watchHealth`. */
  readonly watch: (input: HealthWatchInput<Spec>) => Promise<HealthReport>;
}

/** What a health check carries over when it continues as new. */
export interface HealthMemory {
  readonly nodes: readonly NodeHealth[];
  readonly verdict?: ReadyVerdict;
}

/** At the start the nodes tell their state within moments; what comes later begins another look. */
const NODES_TELL_WITHIN = '5s';

/** A watch that cannot run at all: something is wrong that no repetition corrects soon. */
const TRY_AGAIN_AFTER = '10m';

/** Temporal itself suggests to go on in a new execution at 4,096. */
const MOST_EVENTS = 4_000;

/**
 * The health of one cluster for as long as its resource lives. One activity is always pending: it watches, asks, and
 * writes what people read, so an idle cluster adds nothing to the history. The state of the nodes comes from their
 * watches, by signals.
 */
export async function runHealthCheck<Spec>(
  definition: HealthCheckDefinition<Spec>,
  input: HealthCheckInput<Spec>,
  memory?: HealthMemory,
): Promise<void> {
  const check = new HealthCheck(definition, input, memory);
  setHandler(healthManifest, (manifest) => check.accept(manifest as HealthCheckInput<Spec>));
  setHandler(healthRecheck, () => check.checkAgain());
  setHandler(nodeState, (state) => check.nodes.take(state));
  setHandler(healthQuery, () => check.view());

  await condition(() => check.nodes.allReported(), NODES_TELL_WITHIN, {
    summary: 'let the nodes tell their state',
  });
  for (;;) {
    if ((await check.nextChange()) === 'gone') break;
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    if ((continueAsNewSuggested || historyLength > MOST_EVENTS) && check.nodes.idle())
      await continueAsNew<HealthCheckWorkflow<Spec>>(check.input, check.memory());
  }
  await check.nodes.leave();
}

type HealthCheckWorkflow<Spec> = (input: HealthCheckInput<Spec>, memory: HealthMemory) => Promise<void>;

class HealthCheck<Spec> {
  input: HealthCheckInput<Spec>;
  readonly nodes: NodeSubscriptions;
  readonly #definition: HealthCheckDefinition<Spec>;
  #verdict: ReadyVerdict | undefined;
  /** Counts what makes a look out of date. */
  #version = 0;

  constructor(
    definition: HealthCheckDefinition<Spec>,
    input: HealthCheckInput<Spec>,
    memory: HealthMemory = { nodes: [] },
  ) {
    this.#definition = definition;
    this.input = input;
    this.#verdict = memory.verdict;
    this.nodes = new NodeSubscriptions(definition.nodesOf(input.spec), memory.nodes, () => this.checkAgain());
    this.#describe();
  }

  view() {
    return { generation: this.input.generation, ...this.memory() };
  }

  memory(): HealthMemory {
    return { nodes: this.nodes.all(), ...(this.#verdict && { verdict: this.#verdict }) };
  }

  /** A manifest may be handed over again: then somebody has started watches of its nodes that know nobody yet. */
  accept(manifest: HealthCheckInput<Spec>): void {
    const { uid, generation } = this.input;
    const known = manifest.uid === uid && manifest.generation <= generation;
    if (!known) {
      this.input = manifest;
      this.checkAgain();
    }
    this.nodes.want(this.#definition.nodesOf(this.input.spec));
  }

  checkAgain(): void {
    this.#version++;
  }

  /** Ends with another verdict, or when a look has to begin again; `gone` when there is nothing to look at any more. */
  async nextChange(): Promise<'changed' | 'gone'> {
    const version = this.#version;
    const outdated = (): boolean => this.#version !== version;
    const scope = new CancellationScope();
    let report: HealthReport | undefined;
    let failure: unknown;
    let ended = false;
    const watching = scope
      .run(() => this.#definition.watch(this.#watchInput()))
      .then(
        (told) => void (report = told),
        (err: unknown) => void (failure = err),
      )
      .finally(() => void (ended = true));
    await condition(() => ended || outdated());
    scope.cancel();
    await watching;
    if (report) return this.#take(report, outdated());
    if (!isCancellation(failure)) await this.#failed(failure, outdated);
    return 'changed';
  }

  #watchInput(): HealthWatchInput<Spec> {
    return { ...this.input, nodes: this.nodes.all(), ...(this.#verdict && { known: this.#verdict }) };
  }

  #take({ verdict }: HealthReport, outdated: boolean): 'changed' | 'gone' {
    // Whoever has made the resource again has handed its manifest over meanwhile.
    if (!verdict) return outdated ? 'changed' : 'gone';
    this.#verdict = verdict;
    this.#describe();
    return 'changed';
  }

  /** Said in the details; the resource says Unknown by itself after a minute. */
  async #failed(failure: unknown, outdated: () => boolean): Promise<void> {
    setCurrentDetails(`The cluster cannot be watched: ${failureMessage(failure)}`);
    await condition(outdated, TRY_AGAIN_AFTER, { summary: 'before the cluster is watched again' });
  }

  #describe(): void {
    const { generation } = this.input;
    if (!this.#verdict) return setCurrentDetails(`Generation ${generation} has not been looked at yet`);
    const { ready, reason, message, observedAt, observedGeneration } = this.#verdict;
    const head = `**Ready: ${ready ? 'True' : 'False'}** (${reason}) since ${observedAt}, generation ${observedGeneration}`;
    return setCurrentDetails(`${head}\n\n${message}`);
  }
}
