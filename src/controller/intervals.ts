/** Every time that the controller waits, with its reason. */

/** As the controllers of Kubernetes itself: a lost holder is followed within this, at one small write every 2 s. */
export const LEASE = {
  /** A holder that has not renewed for this long has lost the lease. */
  durationMs: 15_000,
  /** The holder itself gives up earlier, so that two never believe that they hold it. */
  renewWithinMs: 10_000,
  /** One attempt: two fit into the time within which must be renewed. */
  attemptMs: 4_000,
  /** How often is renewed, or asked whether the lease is free. */
  retryMs: 2_000,
} as const;

/** Pause after a delivery that failed; doubles to the cap: Temporal may come back any second or stay away for a day. */
export const RETRY = { firstMs: 500, capMs: 15_000 } as const;

/** Ready is said for 60 s after a health check; half of it leaves time for one that waits for a silent node. */
export const CHECK_AFTER_MS = 30_000;

/** Pods of a cluster change in bursts: one check after each burst is enough. */
export const CHECK_DEBOUNCE_MS = 1_000;

/** A cluster whose pods never rest is checked this often at most: a check asks every daemon. */
export const CHECK_GAP_MS = 5_000;

/** How often is seen to it that no old Ready stands. It costs a request only when the words change, and seconds more mislead nobody. */
export const UNSEEN_EVERY_MS = 5_000;

/** A check that has not ended by then is joined again; its worker may be away. */
export const CHECK_DEADLINE_MS = 120_000;
