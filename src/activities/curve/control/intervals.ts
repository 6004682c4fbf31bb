/** Every time and number that limits Curve's control activities beside those of all systems, with its reason. */

/** curve_ops_tool asks each mds up to five times with half a second for each answer. */
export const TOOL_TIMEOUT_MS = 15_000;

/** How long to wait for a leading mds before an activity that only looks says that there is none: elections take 5 s. */
export const LEADER_PATIENCE_MS = 15_000;

/** Nodes whose chunkservers one look asks at the same time: a thousand nodes must be through within seconds. */
export const NODES_AT_ONCE = 50;
