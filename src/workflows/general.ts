/** The workflows that belong to no system: every control worker runs them. */
export { nodeWatch } from './nodes/node-watch.ts';
