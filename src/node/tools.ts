import { execa } from 'execa';
import type { Host } from './host.ts';
import { NodeError } from './node-error.ts';
import { nodeFailure } from '../systems/failures.ts';

/**
 * The programs that look, mount or check without writing to a device. Those that write are not in this list: they are
 * run by device-writer.ts alone.
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
  // A short tool may have ended before the signal reaches it, and what was cancelled would go on.
  run.signal?.throwIfAborted();
  const result = await execa(tool, args, {
    stdio: ['ignore', 'pipe', 'pipe', ...(run.lockFd === undefined ? [] : [inherited(run.lockFd)])],
    timeout: run.timeoutMs,
    forceKillAfterDelay: 5_000,
    extendEnv: false,
    env: toolEnvironment(host),
    reject: false,
    ...(run.signal ? { cancelSignal: run.signal } : {}),
  });
  const { exitCode, stdout, stderr, code, command, shortMessage } = result;
  if (exitCode === 0 || (exitCode !== undefined && run.answers?.includes(exitCode))) {
    return { exitCode, stdout, stderr };
  }
  run.signal?.throwIfAborted();
  if (code === 'ENOENT') {
    throw new NodeError(
      nodeFailure('ToolMissing', {
        message: `cannot run ${command} on node ${host.node}: the program is not in the node worker's image`,
      }),
    );
  }
  // What a person on call needs: the command, how it ended, and its last words.
  const lastWords = stderr.trim().slice(-1_500);
  throw new NodeError(
    nodeFailure('ToolFailed', {
      message: `${shortMessage ?? command} on node ${host.node}${lastWords ? `: ${lastWords}` : ''}`,
      facts: { command, exitCode: exitCode ?? null },
    }),
  );
}
