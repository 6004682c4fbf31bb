import { runTool } from '../tools.ts';
import { debugfsReader } from './debugfs.ts';
import { readSuperblock } from './ext-superblock.ts';
import type { Filesystem } from './filesystem.ts';

/** A read-only check of a file system that holds nothing reads all its tables; on the largest disks that takes minutes. */
const CHECK_TIMEOUT_MS = 3_600_000;

/** e2fsck(8): the check found something that it would correct. */
const ERRORS_FOUND = [4, 12];

/** e2fsck(8): something was corrected, which is what was asked for. */
const CORRECTED = 1;

export const ext4: Filesystem = {
  type: 'ext4',
  // The kernel's ext4 mounts all three, and shows the name that it was asked for.
  mountTypes: ['ext2', 'ext3', 'ext4'],
  labelBytes: 16,
  readSuperblock,
  readerOf: debugfsReader,
  checkName: 'e2fsck -fn',
  findErrors: async (host, device, run) => {
    const check = await runTool(host, 'e2fsck', ['-f', '-n', device], {
      timeoutMs: CHECK_TIMEOUT_MS,
      answers: ERRORS_FOUND,
      ...run,
    });
    return check.exitCode === 0 ? undefined : check.stdout.trim();
  },
  isComplete: async (device) => (await readSuperblock(device))?.reservedBlocks === 0,
  writing: {
    // No discard: on a large disk it is one ioctl of minutes that nothing can end. The inode tables are zeroed by the
    // kernel after the mount, so mkfs takes seconds at any size.
    mkfs: (device, { fsUuid, label }) => ({
      argv: ['mkfs.ext4', '-q', '-U', fsUuid, '-L', label, '-E', 'nodiscard,lazy_itable_init=1', device],
      successes: [],
    }),
    replayJournal: (device) => ({
      argv: ['e2fsck', '-p', '-E', 'journal_only', device],
      successes: [CORRECTED],
    }),
    // Gives the blocks back that ext4 keeps for root: nobody but the daemon of the disk writes here.
    complete: (device) => ({ argv: ['tune2fs', '-m', '0', device], successes: [] }),
  },
};
