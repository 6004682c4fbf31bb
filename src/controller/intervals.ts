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

/** Clusters handed over beside each other; each is a few calls. */
export const CLUSTERS_AT_ONCE = 4;

/** Nodes whose watch is started beside each other when a thousand are found. */
export const NODES_AT_ONCE = 8;

/** A node watch that a person ended, or that Temporal lost, is back after this; where it runs, a call changes nothing. */
export const NODE_WATCHES_EVERY_MS = 600_000;

/** A health check that is not heard of may only lack a worker: another call would not bring that. */
export const START_AGAIN_EVERY_MS = 60_000;

/** How often is seen to it that no old Ready stands. It costs a request only when the words change, and seconds more mislead nobody. */
export const UNSEEN_EVERY_MS = 5_000;
