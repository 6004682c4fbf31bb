/** Everything that the control worker runs; a newcomer starts at curve/operation.ts. */
export * from './general.ts';
export { curveCluster } from './curve/cluster.ts';
export { curveHealthCheck } from './curve/health-check.ts';
export { curveNodeBatch } from './curve/node-batch.ts';
export { curveOperation } from './curve/operation.ts';
export { curvePlan } from './curve/plan.ts';
