/** What a node worker saw where the folder of a store should be. */
export interface FolderFacts {
  readonly exists: boolean;
  /** Cluster id in its owner file; absent when there is none. */
  readonly owner?: string;
  readonly isEmpty: boolean;
}

export type FolderVerdict =
  | { readonly state: 'ready' | 'missing' }
  | { readonly state: 'refused'; readonly why: string; readonly next: string };

/**
 * Decides what is to be done about a folder. One that is empty may be what a killed attempt left between its two steps,
 * so it is taken; one with something in it and no owner file of ours is somebody's.
 */
export function judgeFolder(clusterId: string, path: string, facts: FolderFacts): FolderVerdict {
  if (facts.owner === clusterId) return { state: 'ready' };
  if (!facts.exists || (facts.owner === undefined && facts.isEmpty)) return { state: 'missing' };
  return {
    state: 'refused',
    why: `${path} is not ours: ${facts.owner === undefined ? 'it holds files' : `it belongs to store ${facts.owner}`}`,
    next: 'see that nobody needs it and remove it by hand, or choose another folder',
  };
}
