import type { Installation } from './ids.ts';

/** Where workflows and the short activities of the control worker are picked up. */
export const controlQueue = (installation: Installation): string => `${installation}/control`;

/**
 * What waits in the control worker: slots of its own. A wait may last for days, and thousands of them must hold up
 * neither a status nor a health check nor the next manifest.
 */
export const waitQueue = (installation: Installation): string => `${installation}/control/waits`;

/** Work on one node: few slots, so that its disks are handled in order. */
export const nodeQueue = (installation: Installation, node: string): string => `${installation}/node/${node}`;

/** Liveness and reads on one node: slots of its own, so that a node busy with formatting does not look dead. */
export const probeQueue = (installation: Installation, node: string): string =>
  `${installation}/node/${node}/probe`;

/** The node of a queue that belongs to one; undefined for a queue of the control worker. */
export const nodeOfQueue = (queue: string): string | undefined => /^[^/]+\/node\/([^/]+)/.exec(queue)?.[1];
