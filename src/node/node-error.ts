/** Stable codes of what can go wrong on a node; they become the `type` of a Temporal failure. */
export type NodeErrorCode =
  /** The disk is not empty and not ours, or is not what was planned. */
  | 'DiskRefused'
  | 'IdentityChanged'
  | 'IdentityMissing'
  | 'FilesystemNotClean'
  | 'MountPathTaken'
  | 'MountNotPropagated'
  | 'FstabConflict'
  | 'HostDataDirTaken'
  | 'PoolInUse'
  | 'DiskNotMounted'
  | 'ToolMissing'
  | 'ToolFailed';

/** An error whose cause is understood: what failed, on which node and object, why, and what to do next. */
export class NodeError extends Error {
  override readonly name = 'NodeError';
  readonly code: NodeErrorCode;
  /** False when only a person can change the outcome. */
  readonly retryable: boolean;
  /** Structured facts for the caller, plain data. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: NodeErrorCode,
    message: string,
    options: { retryable?: boolean; details?: Readonly<Record<string, unknown>>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }
}
