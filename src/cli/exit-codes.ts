/** What a script learns from the exit code. Documented by `keelson --help`; never renumbered. */
export const EXIT = {
  ok: 0,
  /** The operation failed, or the resource was deleted while it was waited for. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The API refused: wrong manifest, conflict, unknown name, no valid token. */
  refused: 3,
  /** The API, or Kubernetes or Temporal behind it, did not answer. */
  unreachable: 4,
  /** --timeout was over before the cluster was Ready. */
  timeout: 5,
  /** Ended by ^C, as shells count it. */
  interrupted: 130,
} as const;

/** Ends the command with this code, after a message for people. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}

export const EXIT_CODES_HELP = `Exit codes:
  0  done
  1  the operation failed
  2  the command line is wrong
  3  refused: wrong manifest, conflict, unknown name, no valid token
  4  the API, or Kubernetes or Temporal behind it, does not answer
  5  --timeout was over`;
