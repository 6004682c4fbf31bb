import { ExecaError, execa } from 'execa';
import type { Host } from './host.ts';
import { NodeError } from './node-error.ts';

/**
 * The programs that look, mount or check without writing to a device. Those that write are not in this list: they are
 * run by door.ts alone.
 */
export type Tool =
  'lsblk' | 'blkid' | 'wipefs' | 'debugfs' | 'e2fsck' | 'dumpe2fs' | 'mount' | 'umount' | 'flock';

export interface ToolRun {
  readonly timeoutMs: number;
  /** Exit codes that are an answer, not a failure; 0 always is. */
  readonly answers?: readonly number[];
  /** Ends the tool. Left out for tools that must not be ended half way. */
  readonly signal?: AbortSignal;
  /** A file descriptor that the tool inherits as number 3: the lock of device-lock.ts lives as long as the tool. */
  readonly lockFd?: number;
}

export interface ToolAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Looks at one device answer in milliseconds; a disk that does not answer for so long is broken. */
export const LOOK_TIMEOUT_MS = 30_000;

/** The environment of every tool: messages in English, nothing of ours. */
export const toolEnvironment = (host: Host): Record<string, string> => ({ PATH: host.toolPath, LC_ALL: 'C' });

/** A descriptor of ours for a tool to inherit. execa hands numbers on to spawn; its types know only 0, 1 and 2. */
export const inherited = (fd: number): 'inherit' => fd as unknown as 'inherit';

/** Runs one tool with an argument list, never through a shell. Throws {@link NodeError} for every other exit code. */
export async function runTool(
  host: Host,
  tool: Tool,
  args: readonly string[],
  run: ToolRun,
): Promise<ToolAnswer> {
  try {
    const { exitCode, stdout, stderr } = await execa(tool, args, {
      stdio: ['ignore', 'pipe', 'pipe', ...(run.lockFd === undefined ? [] : [inherited(run.lockFd)])],
      timeout: run.timeoutMs,
      forceKillAfterDelay: 5_000,
      extendEnv: false,
      env: toolEnvironment(host),
      ...(run.signal ? { cancelSignal: run.signal } : {}),
    });
    return { exitCode: exitCode ?? 0, stdout: String(stdout), stderr: String(stderr) };
  } catch (error) {
    run.signal?.throwIfAborted();
    if (!(error instanceof ExecaError)) throw error;
    const { exitCode } = error;
    if (exitCode !== undefined && run.answers?.includes(exitCode)) {
      return { exitCode, stdout: String(error.stdout), stderr: String(error.stderr) };
    }
    throw toolFailure(host, error);
  }
}

/** What the journal of a person on call needs: the command, its end, and its last words. */
function toolFailure(host: Host, error: ExecaError): NodeError {
  const lastWords = String(error.stderr ?? '')
    .trim()
    .slice(-1_500);
  const missing = error.code === 'ENOENT';
  return new NodeError(
    missing ? 'ToolMissing' : 'ToolFailed',
    missing
      ? `cannot run ${error.command} on node ${host.node}: the program is not in the node worker's image`
      : `${error.shortMessage} on node ${host.node}${lastWords ? `: ${lastWords}` : ''}`,
    {
      retryable: !missing,
      cause: error,
      details: { command: error.command, exitCode: error.exitCode ?? null },
    },
  );
}
