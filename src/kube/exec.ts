import { constants } from 'node:os';
import { PassThrough, type Readable } from 'node:stream';
import { Exec, type V1Status } from '@kubernetes/client-node';
import type { Kube } from './client.ts';
import { type Asked, type KubeError, fromAnswer, fromKill, fromNetwork } from './errors.ts';
import { EXEC_TIMEOUT_MS } from './intervals.ts';
import { asked } from './objects.ts';
import { PODS } from './resources.ts';

export interface Command {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** An argument vector; no shell. */
  readonly argv: readonly string[];
  readonly timeoutMs?: number;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command in a running container and waits for its end. A non-zero exit is a result, not an error; an error
 * ({@link KubeError}) means that nothing is known about how the command ended: the pod is gone, the command was killed,
 * the connection dropped, or no end came in time.
 */
export async function exec(kube: Kube, command: Command): Promise<CommandResult> {
  const question = { ...asked('create', PODS, { namespace: command.namespace, name: command.pod }, 'exec') };
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const texts = Promise.all([collect(stdout), collect(stderr)]);
  const status = await ended(kube, command, question, stdout, stderr);
  stdout.end();
  stderr.end();
  const [out, err] = await texts;
  return { exitCode: exitCodeOf(question, status), stdout: out, stderr: err };
}

/** The status that ends every exec; or an error, whatever comes first: dropped connection, timeout, abort. */
async function ended(
  kube: Kube,
  command: Command,
  question: Asked,
  stdout: PassThrough,
  stderr: PassThrough,
): Promise<V1Status> {
  const timeout = AbortSignal.timeout(command.timeoutMs ?? EXEC_TIMEOUT_MS);
  const signal = kube.signal ? AbortSignal.any([kube.signal, timeout]) : timeout;
  signal.throwIfAborted();
  let socket: Socket | undefined;
  const outcome = Promise.withResolvers<V1Status>();
  const giveUp = (): void => outcome.reject(signal.reason);
  signal.addEventListener('abort', giveUp, { once: true });
  // The status may come while the connection is still being reported as open, and the close may come before anybody
  // listens for it: both orders end here.
  const dropped = (): void => outcome.reject(new Error('the connection was closed before the command ended'));
  const connecting = open(kube, command, stdout, stderr, outcome.resolve).then((opened) => {
    socket = opened;
    if (signal.aborted) opened.close();
    opened.onclose = dropped;
    opened.onerror = dropped;
    if (opened.readyState !== opened.OPEN) dropped();
  });
  connecting.catch(outcome.reject);
  try {
    return await outcome.promise;
  } catch (error) {
    kube.signal?.throwIfAborted();
    throw socket ? fromNetwork(question, error, kube.server) : fromHandshake(question, error, kube.server);
  } finally {
    signal.removeEventListener('abort', giveUp);
    socket?.close();
  }
}

/** The part of a WebSocket that is used here; the library's own type for it needs a package that nobody installs. */
interface Socket {
  readonly readyState: number;
  readonly OPEN: number;
  onclose: (() => void) | null;
  onerror: (() => void) | null;
  close(): void;
}

async function open(
  kube: Kube,
  { namespace, pod, container, argv }: Command,
  stdout: PassThrough,
  stderr: PassThrough,
  ended: (status: V1Status) => void,
): Promise<Socket> {
  const socket: unknown = await new Exec(kube.config).exec(
    namespace,
    pod,
    container,
    [...argv],
    stdout,
    stderr,
    null,
    false,
    ended,
  );
  return socket as Socket;
}

/** A refused handshake says its HTTP status only in words. */
function fromHandshake(question: Asked, error: unknown, server: string): KubeError {
  const message =
    typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
  const status = /Unexpected server response: (\d{3})/.exec(message)?.[1];
  if (status !== undefined) return fromAnswer(question, Number(status), message);
  const cause = typeof error === 'object' && error !== null && 'error' in error ? error.error : error;
  return fromNetwork(question, cause, server);
}

/**
 * What runs beside the first process of a container dies with it, by SIGKILL. Whether an exit code tells of that or a
 * connection that drops is chance, so both are the same error.
 */
const KILLED = 128 + constants.signals.SIGKILL;

function exitCodeOf(question: Asked, status: V1Status): number {
  if (status.status === 'Success') return 0;
  const code = status.details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
  if (Number(code) === KILLED) throw fromKill(question);
  if (code !== undefined) return Number(code);
  throw fromAnswer(question, status.code ?? 500, JSON.stringify(status));
}

async function collect(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString('utf8');
}
