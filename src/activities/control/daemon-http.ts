import { request } from 'node:http';
import { DAEMON_TIMEOUT_MS } from './intervals.ts';

/** What a daemon said on its HTTP port, or why it said nothing. */
export type Answer =
  | { readonly answered: true; readonly status: number; readonly body: string }
  | { readonly answered: false; readonly why: string };

export interface Question {
  readonly ip: string;
  readonly port: number;
  readonly path: string;
  /** Sent with POST when present. */
  readonly json?: unknown;
}

export type Ask = (question: Question, signal?: AbortSignal) => Promise<Answer>;

/**
 * Asks a daemon, each time on a new connection: what matters is whether it listens now. Never fails, except with the
 * signal's reason when that is aborted: silence is an answer too.
 */
export const askDaemon: Ask = (question, signal) =>
  new Promise((resolve, reject) => {
    const body = question.json === undefined ? undefined : JSON.stringify(question.json);
    const silent = (why: string): void => {
      if (signal?.aborted) reject(signal.reason as Error);
      else resolve({ answered: false, why });
    };
    const deadline = AbortSignal.timeout(DAEMON_TIMEOUT_MS);
    const sent = request(
      {
        host: question.ip,
        port: question.port,
        path: question.path,
        method: body === undefined ? 'GET' : 'POST',
        ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' } }),
        agent: false,
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', (error) => silent(words(error, deadline)));
        response.on('end', () =>
          resolve({
            answered: true,
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    sent.on('error', (error) => silent(words(error, deadline)));
    sent.end(body);
  });

function words(error: NodeJS.ErrnoException, deadline: AbortSignal): string {
  if (deadline.aborted) return `no answer within ${DAEMON_TIMEOUT_MS / 1_000} s`;
  if (error.code === 'ECONNREFUSED') return 'connection refused';
  return error.code ?? error.message;
}

/** The address as messages show it. */
export const addressOf = ({ ip, port }: { readonly ip: string; readonly port: number }): string =>
  `${ip}:${port}`;
