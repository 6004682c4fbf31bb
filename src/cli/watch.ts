import type { ClusterDetail } from '../requests/answers/clusters.ts';
import type { ApiClient } from './api-client.ts';
import { type Format, isData } from './context.ts';
import { type Display, dataDisplay, lineDisplay, liveDisplay } from './display.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { follow } from './follow.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { Terminal } from './terminal.ts';

export interface WatchOptions {
  readonly format: Format;
  /** 0: as long as it takes. */
  readonly timeoutMs: number;
  /** Views of operations before this one say nothing about what was asked for. */
  readonly notBefore?: { readonly generation: number; readonly operation: string } | undefined;
}

export interface WatchedCluster {
  readonly system: string;
  readonly namespace: string;
  readonly name: string;
}

/** Follows a cluster on the terminal until it is Ready or failed; the exit code says which. */
export async function watchCluster(
  api: ApiClient,
  cluster: WatchedCluster,
  terminal: Terminal,
  options: WatchOptions,
): Promise<number> {
  const stop = new AbortController();
  const timer =
    options.timeoutMs > 0 ? setTimeout(() => stop.abort('timeout'), options.timeoutMs) : undefined;
  const interrupt = (): void => stop.abort('interrupt');
  process.once('SIGINT', interrupt);
  const display = displayFor(terminal, options.format);
  let outcome: Outcome | undefined;
  try {
    outcome = await untilOutcome(api, cluster, display, options, stop.signal);
  } finally {
    display.end();
    clearTimeout(timer);
    process.off('SIGINT', interrupt);
  }
  const said = outcome ?? stopped(stop.signal, cluster, options.timeoutMs);
  if (said.exitCode !== EXIT.ok) throw new CliError(said.exitCode, said.message);
  if (!isData(options.format)) terminal.out(said.message);
  return said.exitCode;
}

async function untilOutcome(
  api: ApiClient,
  { system, namespace, name }: WatchedCluster,
  display: Display,
  options: WatchOptions,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const { notBefore } = options;
  let met = notBefore === undefined;
  for await (const heard of follow(api, `/v1/clusters/${system}/${namespace}/${name}/events`, signal)) {
    display.show(heard);
    if (heard.kind === 'gone') return { exitCode: EXIT.failed, message: heard.message };
    if (heard.kind !== 'cluster') continue;
    met ||= notBefore !== undefined && isThatOrLater(heard.data, notBefore);
    if (!met) continue;
    const outcome = outcomeOf(heard.data);
    if (outcome !== undefined) return outcome;
  }
  return undefined;
}

/** What was just sent may not be seen yet: the end of the operation before it is not the end that is waited for. */
const isThatOrLater = (seen: ClusterDetail, sent: NonNullable<WatchOptions['notBefore']>): boolean =>
  seen.operation?.id === sent.operation || (seen.operation?.generation ?? 0) > sent.generation;

function displayFor(terminal: Terminal, format: Format): Display {
  if (format === 'json' || format === 'yaml') return dataDisplay(terminal, format);
  return terminal.live ? liveDisplay(terminal) : lineDisplay(terminal);
}

function stopped(signal: AbortSignal, { namespace, name }: WatchedCluster, timeoutMs: number): Outcome {
  const again = `follow it again: keelson watch ${name} -n ${namespace}`;
  if (signal.reason === 'interrupt')
    return { exitCode: EXIT.interrupted, message: `the operation goes on; ${again}` };
  return {
    exitCode: EXIT.timeout,
    message: `not Ready within ${timeoutMs / 1_000} s; the operation goes on; ${again}`,
  };
}
