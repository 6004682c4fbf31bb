import type { Command } from 'commander';
import { stringify } from 'yaml';
import type { ClusterSummary } from '../requests/answers/clusters.ts';
import { ApiClient } from './api-client.ts';
import { type GlobalOptions, readConfig } from './config.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { parseDuration } from './render/formats.ts';
import { type Paint, type Terminal, paintFor } from './terminal.ts';

export type Format = 'table' | 'wide' | 'json' | 'yaml';

/** For programs: nothing but data may be on the standard output. */
export const isData = (format: Format): boolean => format === 'json' || format === 'yaml';

/** What every command works with, from the flags that every command takes. */
export interface Context {
  readonly api: ApiClient;
  readonly terminal: Terminal;
  readonly paint: Paint;
  readonly format: Format;
}

export function contextOf(command: Command, terminal: Terminal): Context {
  const options = command.optsWithGlobals<GlobalOptions & { output?: Format }>();
  return {
    api: new ApiClient(readConfig(options, terminal.env)),
    terminal,
    paint: paintFor(terminal),
    format: options.output ?? 'table',
  };
}

/** Prints the answer for programs when they asked for it; false: it is still to be printed for people. */
export function printedAsData({ format, terminal }: Context, value: unknown): boolean {
  if (format === 'json') terminal.out(JSON.stringify(value, undefined, 2));
  else if (format === 'yaml') terminal.out(stringify(value).trimEnd());
  else return false;
  return true;
}

/**
 * The cluster of this name: in the namespace that was given, else wherever there is exactly one of it. Nobody has to
 * type a namespace as long as names are different.
 */
export async function findCluster(
  api: ApiClient,
  name: string,
  namespace: string | undefined,
): Promise<{ readonly namespace: string; readonly name: string }> {
  if (namespace !== undefined) return { namespace, name };
  const { items } = await api.json<{ items: readonly ClusterSummary[] }>('/v1/clusters');
  const [found, ...others] = items.filter((c) => c.name === name);
  if (found === undefined) {
    const known = items.map((c) => `${c.namespace}/${c.name}`).join(', ');
    throw new CliError(
      EXIT.refused,
      `there is no cluster "${name}"; there ${known === '' ? 'are none' : `is ${known}`}`,
    );
  }
  if (others.length > 0) {
    const spaces = [found, ...others].map((c) => c.namespace).join(', ');
    throw new CliError(EXIT.usage, `"${name}" is in several namespaces (${spaces}): say which with -n`);
  }
  return { namespace: found.namespace, name };
}

/** Node's timers hold 32 bits, and one that is longer would be over at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Value of --timeout. */
export function timeoutOf(text: string): number {
  const milliseconds = text === '0' ? 0 : parseDuration(text);
  if (milliseconds === undefined)
    throw new CliError(EXIT.usage, `--timeout: "${text}" is no duration; write 90s, 10m or 1h30m`);
  if (milliseconds > LONGEST_TIMER_MS)
    throw new CliError(EXIT.usage, '--timeout: at most 596h; 0 waits as long as it takes');
  return milliseconds;
}
