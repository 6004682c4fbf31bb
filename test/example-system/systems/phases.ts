import type { PhaseDefinition } from '../../../src/systems/phases.ts';

/** The phases of one operation on a store, in the order in which a person reads them. */
export const PHASES = [
  { name: 'settings', perNode: false },
  { name: 'folder', perNode: true },
] as const satisfies readonly PhaseDefinition[];

export type PhaseName = (typeof PHASES)[number]['name'];
