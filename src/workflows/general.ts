/** The workflows that belong to no system: every control worker runs them. */
export { nodeDevices } from './nodes/node-devices.ts';
