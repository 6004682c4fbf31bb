/** Everything that the control worker runs; a newcomer starts at curve/converge.ts. */
export { curveCluster } from './operation/entity.ts';
export { curveOperation } from './curve/operation.ts';
export { curveHealthCheck } from './curve/health-check.ts';
export { curveNodeBatch } from './operation/node-batch.ts';
export { curvePlan } from './curve/plan.ts';
export { nodeDevices } from './nodes/node-devices.ts';
