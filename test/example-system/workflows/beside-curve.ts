/** What a control worker that knows the product's systems and the example runs. */
export * from '../../../src/workflows/index.ts';
export * from './index.ts';
