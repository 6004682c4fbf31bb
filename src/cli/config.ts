import { readFileSync } from 'node:fs';
import { CliError, EXIT } from './exit-codes.ts';

/** Flags that every command takes. */
export interface GlobalOptions {
  readonly server?: string;
  readonly token?: string;
  readonly tokenFile?: string;
}

export interface Config {
  readonly server: string;
  readonly token: string | undefined;
}

/** Where the API listens when nothing is said: as the API itself binds outside a cluster. */
export const DEFAULT_SERVER = 'http://127.0.0.1:8080';

/** Flags first, then environment. */
export function readConfig(options: GlobalOptions, env: NodeJS.ProcessEnv): Config {
  const server = options.server ?? env['KEELSON_SERVER'] ?? DEFAULT_SERVER;
  if (!URL.canParse(server) || !/^https?:/.test(server)) {
    throw new CliError(
      EXIT.usage,
      `--server: "${server}" is no address; it should look like ${DEFAULT_SERVER}`,
    );
  }
  return { server: server.replace(/\/+$/, ''), token: readToken(options, env) };
}

function readToken(options: GlobalOptions, env: NodeJS.ProcessEnv): string | undefined {
  if (options.token !== undefined) return options.token;
  if (options.tokenFile === undefined && env['KEELSON_TOKEN']) return env['KEELSON_TOKEN'];
  const file = options.tokenFile ?? env['KEELSON_TOKEN_FILE'];
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (err) {
    throw new CliError(
      EXIT.usage,
      `cannot read the token file ${file}: ${err instanceof Error ? err.message : String(err)}`,
    );
  }
}
