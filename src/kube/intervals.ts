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

/** First pause after an error of a list or watch; doubles up to the cap. Only errors are ever followed by a pause. */
export const ERROR_PAUSE_FIRST_MS = 100;
/** An API server restart takes seconds; a cap of two seconds notices its return soon without hammering it. */
export const ERROR_PAUSE_CAP_MS = 2_000;

/** Objects a page: the API server's own recommendation for large lists. */
export const PAGE_SIZE = 500;

/** A command in a pod that says nothing for this long is given up: no ping tells a dead connection from a busy tool. */
export const EXEC_TIMEOUT_MS = 30_000;

/** The pause after the given number of errors in a row, with jitter so that many watches do not return together. */
export function errorPauseMs(failures: number, random: () => number = Math.random): number {
  const full = Math.min(ERROR_PAUSE_CAP_MS, ERROR_PAUSE_FIRST_MS * 2 ** Math.min(failures, 10));
  return full * (0.5 + random() / 2);
}
