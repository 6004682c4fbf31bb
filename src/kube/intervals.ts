/** Every time that src/kube waits or limits, with its reason. Nothing else in this folder names a duration. */

/** An answer that takes longer means a lost connection or an overloaded API server: give up and say so. */
export const REQUEST_TIMEOUT_MS = 15_000;

/**
 * The API server is asked to end each watch after this time. A watch that was cut without a word (no RST, as when a
 * network link goes down) is then noticed soon, at the price of two requests a minute.
 */
export const WATCH_SECONDS = 30;

/** How much later than {@link WATCH_SECONDS} our own side gives a silent watch up. */
export const WATCH_SLACK_MS = 5_000;

/** A watch that ends sooner, having told nothing, counts as an error: else a broken proxy would make us spin. */
export const WATCH_TOO_SHORT_MS = 1_000;

/** Pause after an error of a list or watch. Only errors are ever followed by one. */
export const ERROR_PAUSE = {
  firstMs: 100,
  /** An API server restart takes seconds: its return is noticed soon, without hammering it. */
  capMs: 2_000,
} as const;

/** Objects a page: the API server's own recommendation for large lists. */
export const PAGE_SIZE = 500;

/** A command in a pod that says nothing for this long is given up: no ping tells a dead connection from a busy tool. */
export const EXEC_TIMEOUT_MS = 30_000;
