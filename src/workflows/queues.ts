/** Where workflows and the activities of the control worker are picked up. */
export const CONTROL_QUEUE = 'control';

/** Work on one node: few slots, so that its disks are handled in order. */
export const nodeQueue = (node: string): string => `node/${node}`;

/** Liveness and looks on one node: slots of its own, so that a node busy with formatting does not look dead. */
export const probeQueue = (node: string): string => `node/${node}/probe`;
