/**
 * What becomes of an execution when Keelson is upgraded while it runs (docs/decisions/0009), by workflow type.
 *
 * PINNED: stays with the build that began it, so that its code may change freely. For what ends by itself.
 * AUTO_UPGRADE: goes on under each new build, so that a change of its code must be guarded by `patched`. For what lives
 * for months.
 */
export const BEHAVIOURS = {
  curveCluster: 'AUTO_UPGRADE',
  curveHealthCheck: 'AUTO_UPGRADE',
  curveNodeBatch: 'PINNED',
  curveOperation: 'PINNED',
  curvePlan: 'PINNED',
  nodeWatch: 'AUTO_UPGRADE',
} as const;
