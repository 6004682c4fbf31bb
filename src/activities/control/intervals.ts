/** Every time and number that limits the control activities, with its reason. Nothing else in this folder names one. */

/** The pause between two questions to a daemon. */
export const ASK_PAUSE = {
  /** Daemons come up within a second of each other. */
  firstMs: 200,
  /** A daemon cannot tell by itself that it is ready, and a person should not wait longer than this for it. */
  capMs: 1_000,
} as const;

/** A daemon that does not answer within this time is taken for dead. */
export const DAEMON_TIMEOUT_MS = 3_000;

/** Commands in one pod at a time. Container runtimes stall under many (containerd 1.6: for half a minute under forty). */
export const COMMANDS_AT_ONCE = 4;

/** A pod that has not answered by then may be on a lost node: another is asked beside it. Answers take half a second. */
export const HEDGE_MS = 3_000;

/**
 * How old an answer of a tool may be that one activity takes over from another. A thousand nodes wait with one
 * command a second instead of a thousand.
 */
export const SHARED_ANSWER_MAX_AGE_MS = 1_000;

/** Every pod takes a moment to start: only what lasts longer is worth asking log, events and node about. */
export const TROUBLE_LASTS_MS = 2_000;

/** The pause before a tool that failed is run again: what it needs was there, so time must heal. */
export const RERUN_PAUSE = { firstMs: 1_000, capMs: 10_000 } as const;

/** Events and logs of a pod that is in trouble are read at most this often: they help people and decide nothing. */
export const TROUBLE_MAX_AGE_MS = 5_000;

/** A pod that nobody has asked about for this long is gone: waits ask about theirs at least each second or so. */
export const TROUBLE_FORGOTTEN_MS = 60_000;
/**
 * How often a health check says that it looks, when nothing changes. Ready is said for 60 s after it: one write that is
 * late or refused must not make it Unknown.
 */
export const SAY_OBSERVED_EVERY_MS = 20_000;

/** How often is judged while no part of a health check has answered: silence is judged too. */
export const JUDGE_EVERY_MS = 1_000;

/** One missed answer is no failure: it is asked for once more after this long before Ready turns. */
export const CONFIRM_AFTER_MS = 1_000;

/** A part of a health check that has had no answer for this long fails with that. An election or a restart takes less. */
export const UNANSWERED_FAILS_AFTER_MS = 20_000;

/** How often what fails is asked again, however seldom it is asked while it holds: people wait for it. */
export const FAILING_EVERY_MS = 5_000;

/** The same verdict in other words is reported to the workflow this seldom: each report is a few events of history. */
export const REWORDED_EVERY_MS = 60_000;

/** How often the daemons of a cluster are asked on their own ports: one that hangs is known within 10 s. */
export const DAEMONS_EVERY_MS = 5_000;
/** Pods of a cluster change in bursts: one question after each burst is enough. */
export const DAEMONS_GAP_MS = 1_000;

/** How often a tool is run in a pod of a healthy cluster, and after a change at most: each run costs a process there. */
export const TOOLS_EVERY_MS = 20_000;
export const TOOLS_GAP_MS = 5_000;

/** How often the objects of a healthy cluster are compared with what its spec asks for; changes of them are watched. */
export const COMPARE_EVERY_MS = 30_000;

/** How long a cluster id counts as known. It never changes; a person may remove it by mistake. */
export const CLUSTER_ID_MAX_AGE_MS = 60_000;

/**
 * The others of a batch wait for a node's answer this long, which is the longest pause between two questions: a port that
 * does not answer or a kubelet that is gone is their node's own trouble.
 */
export const SLOW_NODE_MS = 1_000;

/** Nodes that are read one by one; more of them are cheaper as one list. */
export const NODES_ONE_BY_ONE = 20;
