/** Everything that the control worker runs; a newcomer starts at curve/converge.ts. */
export { curveCluster } from './curve/cluster.ts';
export { curveConverge } from './curve/converge.ts';
export { curveLook } from './curve/look.ts';
export { curveNodes } from './curve/nodes.ts';
export { curvePlan } from './curve/plan.ts';
export { nodeDevices } from './node-devices.ts';
