import type { FilesystemType } from '../../disks/filesystems.ts';
import type { Host } from '../host.ts';

/** What a superblock says about its file system. */
export interface Superblock {
  readonly uuid: string;
  /** The journal holds what the file system does not show yet; only meaningful while it is not mounted. */
  readonly needsRecovery: boolean;
}

/** Reads folders and files of one file system by their path in it, wherever it is. Changes nothing. */
export interface FilesystemReader {
  /** Names without `.` and `..`; undefined when the folder cannot be read. */
  list(folder: string): Promise<readonly string[] | undefined>;
  /** Undefined when the file is not there. */
  read(file: string): Promise<string | undefined>;
}

/** A program that writes to a device, with its arguments. */
export interface WritingTool {
  readonly argv: readonly [string, ...string[]];
  /** Exit codes beside 0 that say that what was asked for is done. */
  readonly successes: readonly number[];
}

export interface CheckRun {
  /** The device's lock, which the tool inherits. */
  readonly lockFd: number;
  readonly signal: AbortSignal;
}

/** Everything that is particular to one kind of file system. Only src/node/format/device-writer.ts runs `writing`. */
export interface Filesystem {
  readonly type: FilesystemType;
  /** Types under which a mount table shows it. */
  readonly mountTypes: readonly string[];
  /** Longest label in bytes. */
  readonly labelBytes: number;
  /**
   * Undefined: no superblock of this kind can be read there. Read without a process, since every disk of a node is asked;
   * whether the rest of the disk agrees is for libblkid to say.
   */
  readonly readSuperblock: (device: string) => Promise<Superblock | undefined>;
  /** Reads what lies in a file system that is not mounted: without a mount and without its journal. */
  readonly readerOf: (host: Host, device: string) => FilesystemReader;
  /** The check that a new file system must pass, in words for a person. */
  readonly checkName: string;
  /** What the check complains of; undefined: it is clean. Only reads, so it may be ended at any moment. */
  readonly findErrors: (host: Host, device: string, run: CheckRun) => Promise<string | undefined>;
  /** Whether `writing.complete` has nothing to do. */
  readonly isComplete: (device: string) => Promise<boolean>;
  readonly writing: {
    readonly mkfs: (device: string, fs: { readonly fsUuid: string; readonly label: string }) => WritingTool;
    /** Brings what the journal of our own file system holds onto the device, after a power cut. */
    readonly replayJournal: (device: string) => WritingTool;
    /** What mkfs cannot be told: brings a new, clean file system to how daemons want it. */
    readonly complete: (device: string) => WritingTool;
  };
}
