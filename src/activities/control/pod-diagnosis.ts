import { KubeError } from '../../kube/errors.ts';
import { lastLines } from '../../kube/logs.ts';
import { find, list } from '../../kube/objects.ts';
import { EVENTS, NODES } from '../../kube/resources.ts';
import type { ActivityContext } from './activity-context.ts';
import { TROUBLE_FORGOTTEN_MS, TROUBLE_MAX_AGE_MS } from './intervals.ts';
import { type Pod, nodeOf, troubleOf } from './pods.ts';

/** What was read about one pod beyond the pod itself. */
interface Read {
  /** When the pod was first seen in trouble. */
  readonly since: number;
  /** The trouble for which `more` was read, and when. */
  readonly words: string;
  readonly more: string | undefined;
  readonly at: number;
  /** When somebody last asked about the pod. */
  readonly asked: number;
}

/**
 * Tells in words why pods are not ready. Once the trouble has lasted for `patienceMs`, what their log, their events
 * and their node say is told as well, read again every few seconds: a thousand pods that are just starting must cost
 * nothing.
 */
export class PodDiagnosis {
  readonly #work: ActivityContext;
  readonly #patienceMs: number;
  readonly #read = new Map<string, Read>();

  constructor(work: ActivityContext, patienceMs: number) {
    this.#work = work;
    this.#patienceMs = patienceMs;
  }

  /** `pod my-etcd-a-xyz on node-1: CrashLoopBackOff …: panic: …`; undefined when the pod is ready. */
  async reason(pod: Pod): Promise<string | undefined> {
    const trouble = troubleOf(pod);
    if (!trouble) return undefined;
    const where = nodeOf(pod) === undefined ? '' : ` on ${nodeOf(pod) ?? ''}`;
    const more = await this.#lasting(pod, trouble.reason);
    const told = more === undefined ? trouble.reason : `${trouble.reason}; ${more}`;
    return `pod ${pod.metadata?.name ?? ''}${where}: ${told}`;
  }

  async #lasting(pod: Pod, words: string): Promise<string | undefined> {
    const key = pod.metadata?.uid ?? '';
    const now = performance.now();
    const read = this.#read.get(key) ?? this.#firstRead(now);
    const fresh = read.words === words && now - read.at < TROUBLE_MAX_AGE_MS;
    const due = now - read.since >= this.#patienceMs && !fresh;
    const next = due ? { ...read, words, more: await this.#more(pod), at: now } : read;
    this.#read.set(key, { ...next, asked: now });
    return next.more;
  }

  /** A wait may last for days and see pod after pod come and go: the ones that are gone are forgotten. */
  #firstRead(now: number): Read {
    for (const [key, { asked }] of this.#read) if (now - asked > TROUBLE_FORGOTTEN_MS) this.#read.delete(key);
    return { since: now, words: '', more: undefined, at: 0, asked: now };
  }

  async #more(pod: Pod): Promise<string | undefined> {
    const trouble = troubleOf(pod);
    const lost = await this.#lostNode(pod);
    if (lost !== undefined) return lost;
    if (trouble?.crashed !== undefined) return this.#lastLine(pod, trouble.crashed);
    if (trouble?.inEvents === true) return this.#lastWarning(pod);
    return undefined;
  }

  async #lostNode(pod: Pod): Promise<string | undefined> {
    const name = nodeOf(pod);
    if (name === undefined) return undefined;
    const node = await find(this.#work.kube, NODES, { name });
    const ready = node?.status?.conditions?.find((c) => c.type === 'Ready');
    if (!node) return `node ${name} is not in Kubernetes any more`;
    return ready?.status === 'True'
      ? undefined
      : `node ${name} is not Ready: ${ready?.message ?? 'it tells no state'}`;
  }

  async #lastLine(pod: Pod, container: string): Promise<string | undefined> {
    const at = {
      namespace: pod.metadata?.namespace ?? '',
      pod: pod.metadata?.name ?? '',
      container,
      tailLines: 1,
    };
    const line =
      (await lastLines(this.#work.kube, at)) ?? (await lastLines(this.#work.kube, { ...at, previous: true }));
    return line === undefined ? undefined : `it said: ${line.slice(0, 300)}`;
  }

  async #lastWarning(pod: Pod): Promise<string | undefined> {
    try {
      const { items } = await list(this.#work.kube, EVENTS, {
        namespace: pod.metadata?.namespace ?? '',
        fieldSelector: `regarding.uid=${pod.metadata?.uid ?? ''},type=Warning`,
      });
      const last = items.toSorted((a, b) => timeOf(a).localeCompare(timeOf(b))).at(-1);
      return last?.note === undefined ? undefined : `${last.reason ?? ''}: ${last.note.slice(0, 300)}`;
    } catch (error) {
      if (error instanceof KubeError) return undefined; // words of comfort only: not worth failing for
      throw error;
    }
  }
}

interface Timed {
  readonly deprecatedLastTimestamp?: string;
  readonly eventTime?: string;
  readonly metadata?: { readonly creationTimestamp?: string };
}

const timeOf = (event: Timed): string =>
  event.deprecatedLastTimestamp ?? event.eventTime ?? event.metadata?.creationTimestamp ?? '';
