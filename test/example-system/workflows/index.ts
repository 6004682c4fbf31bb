/** What a control worker that knows the example alone runs. */
export * from '../../../src/workflows/general.ts';
export { exampleCluster } from './cluster.ts';
export { exampleHealthCheck } from './health-check.ts';
export { exampleNodeBatch } from './node-batch.ts';
export { exampleOperation } from './operation.ts';
export { examplePlan } from './plan.ts';
