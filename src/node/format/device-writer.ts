import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { DiskIdentity } from '../../disks/facts.ts';
import type { FilesystemType } from '../../disks/filesystems.ts';
import { type AuditEnd, audited, type Order } from './audit.ts';
import { isExclusivelyFree, type Lock } from '../devices/device-lock.ts';
import type { WritingTool } from '../filesystems/filesystem.ts';
import { filesystemOf } from '../filesystems/known.ts';
import type { Host } from '../host.ts';
import { NodeError } from '../node-error.ts';
import { inherited, toolEnvironment } from '../tools.ts';
import { nodeFailure } from '../../systems/failures.ts';

/** What may be done to a device, and nothing else: each file system names the tool. None carries a force flag. */
export type DeviceCommand =
  | { readonly step: 'mkfs'; readonly fsUuid: string; readonly label: string }
  | { readonly step: 'replay-journal' }
  | { readonly step: 'complete' };

export interface WriteRequest {
  readonly order: Order;
  /** The path in the spec. */
  readonly path: string;
  readonly device: string;
  readonly identity: DiskIdentity;
  readonly filesystem: FilesystemType;
  readonly command: DeviceCommand;
  /**
   * Everything that must hold, looked at again; throws to refuse. It is called here, inside the lock, so that nothing
   * that was seen before the lock was taken counts.
   */
  readonly check: () => Promise<void>;
}

/**
 * The one door (docs/disks.md#one-writer): every command that writes to a block device passes here and nowhere else. In this
 * order: checks under the lock, exclusive open, audit record on the disk, the tool, audit record.
 *
 * The tool inherits the lock and a session of its own, is given no signal and no timeout, and writes its words to a
 * file and not to a pipe of ours. So it is never interrupted by us, neither by a cancelled activity nor by the end of
 * this process, and whoever comes next waits for it.
 */
export async function writeToDevice(host: Host, lock: Lock, request: WriteRequest): Promise<void> {
  if (lock.path !== request.device) {
    throw new Error(`the lock is on ${lock.path}, but ${request.device} would be written`);
  }
  await request.check();
  if (!(await isExclusivelyFree(request.device))) {
    throw new NodeError(
      nodeFailure('DiskRefused', {
        message: `${request.path} (${request.device}) on node ${host.node} is held exclusively by somebody else`,
        next: 'find the mount or process that uses it, then retry',
        subject: request.path,
      }),
    );
  }
  const { argv, successes } = toolOf(request);
  const { order, path, device, identity } = request;
  const end = await audited(host, { order, path, device, identity, command: argv }, () =>
    run(host, lock, argv),
  );
  const { exitCode } = end;
  const succeeded = exitCode === 0 || (exitCode !== undefined && successes.includes(exitCode));
  if (!succeeded) throw failed(host, request, argv, end);
}

type Argv = WritingTool['argv'];

function toolOf({ filesystem, command, device }: WriteRequest): WritingTool {
  const { writing } = filesystemOf(filesystem);
  switch (command.step) {
    case 'mkfs':
      return writing.mkfs(device, command);
    case 'replay-journal':
      return writing.replayJournal(device);
    case 'complete':
      return writing.complete(device);
  }
}

interface End extends AuditEnd {
  /** The last words of the tool. */
  readonly words: string;
}

async function run(host: Host, lock: Lock, [tool, ...args]: Argv): Promise<End> {
  const folder = await mkdtemp(join(tmpdir(), 'keelson-door-'));
  await using words = await open(join(folder, 'words'), 'w+');
  // Nameless from here on, so that nothing stays behind when this process is killed.
  await rm(folder, { recursive: true });
  const { exitCode, signal, code } = await execa(tool, args, {
    stdio: ['ignore', inherited(words.fd), inherited(words.fd), inherited(lock.fd)],
    detached: true,
    cleanup: false,
    reject: false,
    extendEnv: false,
    env: toolEnvironment(host),
  });
  const text = Buffer.alloc(1_500);
  const { bytesRead } = await words.read(text, 0, text.length, 0);
  const said = text.toString('utf8', 0, bytesRead).trim();
  return {
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { endedBy: signal }),
    words: code === 'ENOENT' ? "it is not in the node worker's image" : said,
  };
}

function failed(host: Host, request: WriteRequest, argv: Argv, end: End): NodeError {
  const how =
    end.exitCode === undefined
      ? `was ended by ${end.endedBy ?? 'nobody, because it never ran'}`
      : `ended with ${end.exitCode}`;
  const words = end.words ? `: ${end.words}` : '';
  // Every step after this one looks at the disk first, so trying again is always safe.
  return new NodeError(
    nodeFailure('ToolFailed', {
      message: `${argv.join(' ')} for ${request.path} on node ${host.node} ${how}${words}`,
      subject: request.path,
      facts: { command: argv, exitCode: end.exitCode ?? null },
    }),
  );
}
