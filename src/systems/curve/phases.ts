import type { PhaseDefinition } from '../phases.ts';

/** The phases of one operation on a CurveBS cluster, in the order in which a person reads them. */
export const PHASES = [
  { name: 'preflight', perNode: true },
  { name: 'format', perNode: true },
  { name: 'chunkfilepool', perNode: true },
  { name: 'etcd', perNode: false },
  { name: 'mds', perNode: false },
  { name: 'physicalPool', perNode: false },
  { name: 'chunkservers', perNode: true },
  { name: 'logicalPool', perNode: false },
  { name: 'snapshotclone', perNode: false },
] as const satisfies readonly PhaseDefinition[];

export type PhaseName = (typeof PHASES)[number]['name'];
export type NodePhase = Extract<(typeof PHASES)[number], { readonly perNode: true }>['name'];
