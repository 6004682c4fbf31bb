import { setTimeout as delay } from 'node:timers/promises';
import { Backoff } from '../concurrency/backoff.ts';
import type { ClusterDetail, TransitionEvent } from '../requests/answers/clusters.ts';
import type { ProblemDocument } from '../requests/problems.ts';
import type { ApiClient } from './api-client.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { readEvents } from './sse.ts';

/** What a follower hears. */
export type Heard =
  | { readonly kind: 'transition'; readonly data: TransitionEvent }
  /** `skewMs`: how much the server's clock is ahead of ours. */
  | { readonly kind: 'cluster'; readonly data: ClusterDetail; readonly skewMs: number }
  | { readonly kind: 'problem'; readonly data: ProblemDocument }
  | { readonly kind: 'gone'; readonly message: string }
  /** The stream was cut; it is opened again by itself. */
  | { readonly kind: 'lost'; readonly why: string };

/** The server comments every 15 s on a quiet stream: one that is silent for longer than two of them is dead. */
const SILENT_FOR_MS = 35_000;

const AGAIN = { firstMs: 300, capMs: 3_000 } as const;

/**
 * Follows a cluster until the signal. A server that refuses or does not answer at the first attempt is an error; one
 * that is lost later is looked for again, and the record goes on where it was cut.
 */
export async function* follow(api: ApiClient, path: string, signal: AbortSignal): AsyncGenerator<Heard> {
  let lastEventId: string | undefined;
  let met = false;
  const backoff = new Backoff(AGAIN);
  while (!signal.aborted) {
    try {
      for await (const heard of oneStream(api, path, lastEventId, signal)) {
        met = true;
        backoff.reset();
        if (heard.id !== undefined) lastEventId = heard.id;
        yield heard.what;
        if (heard.what.kind === 'gone') return;
      }
    } catch (err) {
      if (signal.aborted) return;
      const failure = err instanceof CliError ? err : api.unreachable(err);
      if (!met || failure.exitCode === EXIT.refused) throw failure;
      yield { kind: 'lost', why: failure.message.split('\n')[0] ?? '' };
    }
    await delay(backoff.next(), undefined, { signal }).catch(() => undefined); // the loop sees the signal
  }
}

async function* oneStream(
  api: ApiClient,
  path: string,
  lastEventId: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<{ readonly what: Heard; readonly id: string | undefined }> {
  const silent = new AbortController();
  let watchdog = setTimeout(() => silent.abort(), SILENT_FOR_MS);
  const alive = (): void => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => silent.abort(), SILENT_FOR_MS);
  };
  try {
    const response = await api.fetch(path, {
      headers: {
        accept: 'text/event-stream',
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
      },
      signal: AbortSignal.any([signal, silent.signal]),
    });
    const skewMs = skewOf(response);
    if (response.body === null) return;
    for await (const event of readEvents(response.body, alive)) {
      const what = heardOf(event.event, event.data, skewMs);
      if (what !== undefined) yield { what, id: event.id };
    }
  } finally {
    clearTimeout(watchdog);
  }
}

function heardOf(event: string, data: string, skewMs: number): Heard | undefined {
  const value: unknown = JSON.parse(data);
  switch (event) {
    case 'transition':
      return { kind: 'transition', data: value as TransitionEvent };
    case 'cluster':
      return { kind: 'cluster', data: value as ClusterDetail, skewMs };
    case 'problem':
      return { kind: 'problem', data: value as ProblemDocument };
    case 'gone':
      return { kind: 'gone', message: (value as { message: string }).message };
    default:
      return undefined; // an event of a newer server
  }
}

/** HTTP dates have whole seconds: less than that is no difference. */
function skewOf(response: Response): number {
  const server = Date.parse(response.headers.get('date') ?? '');
  const skew = server + 500 - Date.now();
  return Number.isNaN(skew) || Math.abs(skew) < 1_500 ? 0 : skew;
}
