import {
  HttpMethod,
  IsomorphicFetchHttpLibrary,
  RequestContext,
  type ResponseContext,
} from '@kubernetes/client-node';
import type { PooledKubeConfig } from './config.ts';
import { type Asked, KubeError, fromAnswer, fromNetwork } from './errors.ts';
import { REQUEST_TIMEOUT_MS } from './intervals.ts';

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Which form of the answer is wanted; plain JSON when absent. */
  readonly accept?: string;
  /** For messages: what is asked of which object. */
  readonly asked: Asked;
  /** Milliseconds until an answer must have come; for a stream, until it must have ended. */
  readonly timeoutMs?: number;
}

/**
 * A connection to the API server. No retry is hidden in it: whoever asks decides, so that every attempt can be seen.
 * All errors are {@link KubeError}s, except that an aborted signal rejects with the signal's own reason.
 */
export class Kube {
  readonly config: PooledKubeConfig;
  readonly #signal: AbortSignal | undefined;
  readonly #http = new IsomorphicFetchHttpLibrary();

  constructor(config: PooledKubeConfig, signal?: AbortSignal) {
    this.config = config;
    this.#signal = signal;
  }

  /** The same connection, with every request ended when `signal` is. */
  within(signal: AbortSignal): Kube {
    return new Kube(this.config, this.#signal ? AbortSignal.any([this.#signal, signal]) : signal);
  }

  get signal(): AbortSignal | undefined {
    return this.#signal;
  }

  /** URL of the API server. */
  get server(): string {
    const cluster = this.config.getCurrentCluster();
    if (!cluster) throw new Error('the kubeconfig names no current cluster: set current-context');
    return cluster.server;
  }

  /** Sends a request and reads the whole JSON answer. */
  async json<T>(request: KubeRequest): Promise<T> {
    return JSON.parse(await this.text(request)) as T;
  }

  /** Sends a request and reads the whole answer. */
  async text(request: KubeRequest): Promise<string> {
    try {
      return await (await this.#send(request, this.#deadline(request))).body.text();
    } catch (error) {
      throw this.#translated(request, error);
    }
  }

  /**
   * Sends a request and hands out the answer line by line as it comes, until the server ends it. Whoever stops reading
   * early ends the request.
   */
  async *lines(request: KubeRequest): AsyncGenerator<string> {
    const stop = new AbortController();
    try {
      const answer = await this.#send(request, this.#deadline(request, stop.signal));
      const body = answer.body.stream();
      if (body) yield* splitLines(body);
    } catch (error) {
      throw this.#translated(request, error);
    } finally {
      stop.abort();
    }
  }

  async #send(request: KubeRequest, signal: AbortSignal): Promise<ResponseContext> {
    signal.throwIfAborted();
    const context = new RequestContext(urlOf(this.server, request), HttpMethod[request.method]);
    context.setHeaderParam('Accept', request.accept ?? 'application/json');
    context.setHeaderParam('User-Agent', 'keelson');
    if (request.body !== undefined) {
      context.setHeaderParam('Content-Type', request.contentType ?? 'application/json');
      context.setBody(JSON.stringify(request.body));
    }
    context.setSignal(signal);
    await this.config.applySecurityAuthentication(context);
    const answer = await this.#http.send(context).toPromise();
    if (answer.httpStatusCode < 400) return answer;
    throw fromAnswer(
      request.asked,
      answer.httpStatusCode,
      await answer.body.text(),
      answer.headers['retry-after'],
    );
  }

  /**
   * Ends the request when it takes too long, when our own signal does, and with one more signal. All stand in one
   * `any`: Node keeps one of a timeout that stands within another for as long as our own signal lives (24.21).
   */
  #deadline(request: KubeRequest, ...more: readonly AbortSignal[]): AbortSignal {
    const timeout = AbortSignal.timeout(request.timeoutMs ?? REQUEST_TIMEOUT_MS);
    return AbortSignal.any([...more, ...(this.#signal ? [this.#signal] : []), timeout]);
  }

  /** Our own signal's reason, or what the network said as a {@link KubeError}. */
  #translated(request: KubeRequest, error: unknown): unknown {
    if (this.#signal?.aborted) return this.#signal.reason;
    if (error instanceof KubeError) return error;
    this.config.renew();
    return fromNetwork(request.asked, error, this.server);
  }
}

function urlOf(server: string, request: KubeRequest): string {
  const url = new URL(server.replace(/\/$/, '') + request.path);
  for (const [key, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) url.searchParams.set(key, value);
  }
  return url.toString();
}

async function* splitLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  let rest = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    yield* parts.filter((line) => line !== '');
  }
  if (rest !== '') yield rest;
  return undefined;
}
