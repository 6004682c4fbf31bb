import { KubeError } from '../../kube/errors.ts';
import { withNext } from '../../systems/failure-text.ts';
import { judgeNodes } from '../../systems/node-health.ts';
import { judgeReady, type ReadyVerdict, type StepCheck } from '../../systems/readiness.ts';
import type { Progress } from '../node/contract.ts';
import { type ActivityContext, within } from './activity-context.ts';
import { ChangeSignal } from './change-signal.ts';
import type { HealthReport, HealthWatchInput } from './contract.ts';
import { type HealthPart, PartWatch } from './health-part.ts';
import { FAILING_EVERY_MS, JUDGE_EVERY_MS, REWORDED_EVERY_MS, SAY_OBSERVED_EVERY_MS } from './intervals.ts';
import { writeHealth } from './status.ts';
import { reportingProgress } from './waiting.ts';

/**
 * The parts of a cluster's health, for as long as the signal of `work` lasts.
 * @param changed to be called when something changed in Kubernetes
 */
export type OpenHealth<Spec> = (
  work: ActivityContext,
  input: HealthWatchInput<Spec>,
  changed: () => void,
) => readonly HealthPart[];

/**
 * Watches the health of a cluster, and itself keeps Ready, NodesAnswering and observedAt of the resource as they are
 * found. Ends when the verdict is another one than the workflow knows, or when the resource is gone.
 */
export async function watchHealth<Spec>(
  work: ActivityContext,
  input: HealthWatchInput<Spec>,
  open: OpenHealth<Spec>,
): Promise<HealthReport> {
  const stop = new AbortController();
  const inner = within(work, stop.signal);
  const answers = new ChangeSignal();
  const watches: PartWatch[] = [];
  const parts = open(inner, input, () => watches.forEach((watch) => watch.changed()));
  watches.push(...parts.map((part) => new PartWatch(part, () => answers.notify())));
  try {
    return await reportingProgress(work, (tell) =>
      Promise.race([
        judge(inner, { input, watches, answers, tell }),
        ...watches.map((watch) => watch.run(inner.signal)),
      ]),
    );
  } finally {
    stop.abort(new Error('the watch over the health has ended'));
  }
}

interface Judging {
  readonly input: HealthWatchInput;
  readonly watches: readonly PartWatch[];
  readonly answers: ChangeSignal;
  readonly tell: (progress: Progress) => void;
}

/** Judges whenever a part has answered, and each second, since silence is judged too. */
async function judge(
  work: ActivityContext,
  { input, watches, answers, tell }: Judging,
): Promise<HealthReport> {
  const began = performance.now();
  const writer = new HealthWriter(work, input);
  for (;;) {
    answers.clear();
    const now = performance.now();
    const checks = allOf(watches.map((watch) => watch.checks(now)));
    if (checks !== undefined) {
      const facts = { observedAt: new Date().toISOString(), checks };
      const verdict = judgeReady(facts, input.generation);
      const outcome = await writer.keep(verdict);
      tell(progressOf(checks, writer.trouble));
      if (outcome === 'gone') return {};
      if (outcome === 'written' && isNews(input.known, verdict, performance.now() - began))
        return { verdict };
    }
    await answers.changedWithin(JUDGE_EVERY_MS, work.signal);
  }
}

/** Undefined while one has not answered. */
function allOf(parts: readonly (readonly StepCheck[] | undefined)[]): readonly StepCheck[] | undefined {
  const known = parts.filter((checks) => checks !== undefined);
  return known.length < parts.length ? undefined : known.flat();
}

/** Whether a verdict is worth the few events by which the workflow learns of it. */
export function isNews(known: ReadyVerdict | undefined, now: ReadyVerdict, watchedForMs: number): boolean {
  if (known?.ready !== now.ready || known.reason !== now.reason) return true;
  if (known.observedGeneration !== now.observedGeneration) return true;
  return known.message !== now.message && watchedForMs >= REWORDED_EVERY_MS;
}

/** Keeps what people read as it is found: at once when it changes, and now and then to say that somebody looks. */
class HealthWriter {
  /** Why it could not be written; undefined when it was. */
  trouble: string | undefined;
  readonly #work: ActivityContext;
  readonly #input: HealthWatchInput;
  #written: ReadyVerdict | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;

  constructor(work: ActivityContext, input: HealthWatchInput) {
    this.#work = work;
    this.#input = input;
  }

  async keep(verdict: ReadyVerdict): Promise<'written' | 'gone' | 'failed'> {
    if (!this.#isDue(verdict)) return this.trouble === undefined ? 'written' : 'failed';
    const { resource, uid, nodes } = this.#input;
    this.#triedAt = performance.now();
    try {
      const there = await writeHealth(this.#work, { resource, uid, verdict, nodes: judgeNodes(nodes) });
      this.trouble = undefined;
      this.#written = verdict;
      return there ? 'written' : 'gone';
    } catch (error) {
      // Also a webhook that refuses it: the watch goes on, and says in its heartbeat what people cannot read.
      if (!(error instanceof KubeError)) throw error;
      this.trouble = withNext(error);
      return 'failed';
    }
  }

  #isDue({ ready, reason, message }: ReadyVerdict): boolean {
    const age = performance.now() - this.#triedAt;
    if (this.trouble !== undefined) return age >= FAILING_EVERY_MS;
    const before = this.#written;
    const same = before?.ready === ready && before.reason === reason && before.message === message;
    return !same || age >= SAY_OBSERVED_EVERY_MS;
  }
}

function progressOf(checks: readonly StepCheck[], trouble: string | undefined): Progress {
  const failing = checks.filter(({ holds }) => !holds);
  const words = [...(trouble === undefined ? [] : [trouble]), ...failing.map(({ detail }) => detail)];
  return {
    done: checks.length - failing.length,
    total: checks.length,
    waitingFor: words.slice(0, MOST_WORDS).join('; '),
  };
}

/** A heartbeat is for reading. */
const MOST_WORDS = 5;
