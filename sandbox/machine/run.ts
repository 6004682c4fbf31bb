import { execa } from 'execa';
import { appendFile, mkdir } from 'node:fs/promises';
import { buildUnit, inGroup } from './cgroups.ts';
import { cache } from '../settings.ts';
import { Problem } from '../problem.ts';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly input?: string;
  /** Full output goes here, and the problem names the file. For builds, whose output is long. */
  readonly logName?: string;
  /**
   * For what takes long: with a control group, so that it can be found and ended when the sandbox's own process was
   * killed, and a mount namespace, so that its mounts end with it.
   */
  readonly contained?: boolean;
}

async function contain(argv: readonly string[]): Promise<{ argv: string[]; env: Record<string, string> }> {
  return inGroup(buildUnit, ['unshare', '--mount', '--propagation', 'private', ...argv]);
}

/** Runs a command to its end and returns its standard output; a failure is a Problem with the command's last lines. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const started = options.contained === true ? await contain(argv) : { argv, env: {} };
  const [file = '', ...args] = started.argv;
  const result = await execa(file, args, {
    reject: false,
    all: true,
    stripFinalNewline: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...started.env, ...options.env },
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
  });
  let log = '';
  if (options.logName !== undefined) {
    await mkdir(cache.logs, { recursive: true });
    log = `${cache.logs}/${options.logName}.log`;
    await appendFile(log, `$ ${argv.join(' ')}\n${result.all}\n`);
  }
  if (result.failed) {
    const lastLines = (result.all ?? '').trim().split('\n').slice(-12).join('\n');
    const how =
      result.exitCode !== undefined
        ? `exit ${result.exitCode}`
        : result.signal !== undefined
          ? `ended by ${result.signal}`
          : (result.originalMessage ?? 'did not start');
    throw new Problem(
      `${argv.slice(0, 6).join(' ')} failed (${how}):\n${lastLines}`,
      log === '' ? undefined : `all of its output: ${log}`,
    );
  }
  return result.stdout;
}

/** As `run`, for questions whose "no" is an answer: undefined when the command failed. */
export async function ask(argv: readonly string[], options: RunOptions = {}): Promise<string | undefined> {
  try {
    return await run(argv, options);
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}
