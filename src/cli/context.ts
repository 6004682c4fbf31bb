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
 * The cluster that a person means by its name, or by `<system>/<name>` where two systems have one of that name. Asks the
 * API only for what was not said.
 */
export async function findCluster(
  api: ApiClient,
  named: string,
  namespace: string | undefined,
): Promise<Pick<ClusterSummary, 'system' | 'namespace' | 'name'>> {
  const [name = '', system] = named.split('/').toReversed();
  if (namespace !== undefined && system !== undefined) return { system, namespace, name };
  const { items } = await api.json<{ items: readonly ClusterSummary[] }>('/v1/clusters', {
    query: { namespace },
  });
  const [found, ...others] = items.filter(
    (c) => c.name === name && (system === undefined || c.system === system),
  );
  if (found === undefined) {
    const known = items.map((c) => `${c.namespace}/${c.name}`).join(', ');
    throw new CliError(
      EXIT.refused,
      `there is no cluster "${named}"${namespace === undefined ? '' : ` in namespace ${namespace}`}; there ${known === '' ? 'are none' : `is ${known}`}`,
    );
  }
  if (others.length > 0) {
    const places = [found, ...others].map((c) => `${c.system}/${name} -n ${c.namespace}`).join(', ');
    throw new CliError(EXIT.usage, `"${named}" names several clusters: say which, ${places}`);
  }
  return found;
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
