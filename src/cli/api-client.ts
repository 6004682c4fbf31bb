import type { ProblemDocument } from '../requests/problems.ts';
import type { Config } from './config.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { problemLines } from './render/problem.ts';

/** The API said no, or that it cannot now. */
export class ProblemError extends CliError {
  readonly problem: ProblemDocument;

  constructor(problem: ProblemDocument) {
    super(problem.status >= 500 ? EXIT.unreachable : EXIT.refused, problemLines(problem).join('\n'));
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

export interface Ask {
  readonly method?: 'GET' | 'POST';
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Milliseconds until an answer must begin. A plan waits for nodes that do not answer. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 75_000;

/** Speaks HTTP with the API and nothing else. */
export class ApiClient {
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
  }

  get server(): string {
    return this.#config.server;
  }

  async json<T>(path: string, ask: Ask = {}): Promise<T> {
    const response = await this.fetch(path, ask);
    try {
      return (await response.json()) as T;
    } catch (err) {
      throw this.unreachable(err); // cut in the middle, or no answer of Keelson
    }
  }

  /** The answer once its head has come; refusals and silence are errors. */
  async fetch(path: string, ask: Ask = {}): Promise<Response> {
    const url = new URL(this.#config.server + path);
    for (const [key, value] of Object.entries(ask.query ?? {}))
      if (value !== undefined) url.searchParams.set(key, value);
    const impatient = new AbortController();
    const timer = setTimeout(() => impatient.abort(), ask.timeoutMs ?? TIMEOUT_MS);
    let response: Response;
    try {
      response = await fetch(url, {
        method: ask.method ?? 'GET',
        headers: {
          accept: 'application/json',
          ...(this.#config.token === undefined ? {} : { authorization: `Bearer ${this.#config.token}` }),
          ...ask.headers,
        },
        ...(ask.body === undefined ? {} : { body: ask.body }),
        signal: AbortSignal.any([impatient.signal, ...(ask.signal ? [ask.signal] : [])]),
      });
    } catch (err) {
      ask.signal?.throwIfAborted();
      throw this.unreachable(err);
    } finally {
      clearTimeout(timer);
    }
    if (!response.ok) throw await this.#refusal(response);
    return response;
  }

  /** Whatever ended a connection, as the person is told. */
  unreachable(err: unknown): CliError {
    const why = reasonOf(err);
    return new CliError(
      EXIT.unreachable,
      `the API at ${this.#config.server} does not answer (${why})\nnext: give its address with --server or KEELSON_SERVER`,
    );
  }

  async #refusal(response: Response): Promise<CliError> {
    const text = await response.text().catch((err: unknown) => {
      throw this.unreachable(err);
    });
    if (response.headers.get('content-type')?.startsWith('application/problem+json')) {
      return new ProblemError(JSON.parse(text) as ProblemDocument);
    }
    // Something in between answered, not Keelson.
    const code = response.status >= 500 ? EXIT.unreachable : EXIT.refused;
    return new CliError(
      code,
      `${this.#config.server} answered ${response.status} ${response.statusText}, and it is not Keelson that says so`,
    );
  }
}

/** fetch says only "fetch failed": the reason is below it. */
function reasonOf(err: unknown): string {
  if (!(err instanceof Error)) return String(err);
  if (err.name === 'AbortError') return 'no answer in time';
  const { cause } = err;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return err.message;
}
