import type { DiskFinding } from './facts.ts';
import { contentOf, findingsOf, inUse, signaturesOn, unusable } from './findings.ts';
import { type FilesystemType, traitsOf } from './filesystems.ts';
import { MARKER_NAME } from './marker.ts';
import type { DiskObservation, FilesystemContent } from './observation.ts';
import type { FormatOptions, RawUse } from './use.ts';

/** What a disk of a cluster should become. */
export interface FilesystemGoal extends FormatOptions {
  readonly clusterId: string;
  readonly node: string;
  /** The path in the spec. */
  readonly device: string;
  readonly mountPath: string;
  readonly fsUuid: string;
}

/** What of the record on the host is there; only looked at for a disk that is ours. */
export interface HostRecord {
  /** The folder for daemons exists inside the mounted file system. */
  readonly folder: boolean;
  /** fstab has the disk's line. */
  readonly fstab: boolean;
}

/**
 * How far a disk is on its way. empty: mkfs may run. unfinished: ours by UUID, marker missing. formatted: UUID and marker
 * are ours, mount, folder or fstab line missing. ready: nothing is left to do. refused: everything else.
 */
export type DiskStage = 'empty' | 'unfinished' | 'formatted' | 'ready' | 'refused';

/** What the rules make of one disk. */
export interface DiskVerdict {
  readonly stage: DiskStage;
  /** Empty unless refused. */
  readonly findings: readonly DiskFinding[];
}

/** The rules of docs/disks.md#how-far-a-disk-is: UUID first, then marker, then what lies inside. Never our memory. */
export function stageOf(disk: DiskObservation, goal: FilesystemGoal, record: HostRecord): DiskVerdict {
  const { filesystem } = disk;
  if (filesystem?.uuid !== goal.fsUuid) return rawStageOf(disk, goal);
  const obstacles = [
    ...unusable(disk, goal.minBytes),
    ...useByOthers(disk, goal),
    ...otherSignatures(disk, goal),
  ];
  if (obstacles.length > 0) return refused(obstacles);
  const kind: string = filesystem.type;
  const wanted: string = goal.filesystem;
  if (kind !== wanted) return foreign(disk, `this cluster's UUID as ${kind}, where ${wanted} is wanted`);

  const { marker } = filesystem;
  if (typeof marker === 'string') return unmarked(disk, filesystem, goal);
  if (marker.clusterId !== goal.clusterId)
    return refused(contentOf(disk).filter((f) => f.kind === 'foreign-cluster'));
  if (marker.node !== goal.node || marker.device !== goal.device) {
    return foreign(
      disk,
      `a marker of ${marker.device} on ${marker.node}, although its UUID is that of this disk`,
    );
  }
  return stage(isMounted(disk, goal) && record.folder && record.fstab ? 'ready' : 'formatted');
}

/** A disk without a file system of ours is empty, or somebody else's: whose is for the system to say. */
export function rawStageOf(disk: DiskObservation, { minBytes }: Pick<RawUse, 'minBytes'>): DiskVerdict {
  const findings = findingsOf(disk, minBytes);
  return findings.length === 0 ? stage('empty') : refused(findings);
}

/** The whole file system is mounted where the goal wants it. */
export const isMounted = (disk: DiskObservation, goal: Pick<FilesystemGoal, 'mountPath'>): boolean =>
  disk.mounts.some((m) => m.mountPath === goal.mountPath && m.root === '/');

/**
 * Our UUID without our marker. mkfs had finished, because a killed one never shows its UUID. What lies inside decides:
 * with a journal that waits for recovery the root shows less than was written, so our own names do not speak against
 * it, and the last word comes after the journal was replayed.
 */
function unmarked(disk: DiskObservation, content: FilesystemContent, goal: FilesystemGoal): DiskVerdict {
  if (content.rootEntries === undefined) return foreign(disk, 'a root folder that cannot be read');
  const unsettled = content.needsRecovery && !isMounted(disk, goal);
  if (content.marker === 'broken' && !unsettled) return foreign(disk, `a ${MARKER_NAME} that is not ours`);
  const fresh = freshNames(goal.filesystem);
  const own = unsettled ? [...fresh, MARKER_NAME, goal.daemonFolder] : fresh;
  const others = content.rootEntries.filter((name) => !own.includes(name));
  if (others.length > 0) return foreign(disk, `no marker, but ${listed(others)} at its root`);
  const [filled] = content.filledFolders;
  if (filled !== undefined) return foreign(disk, `no marker, but files in ${filled}`);
  return stage('unfinished');
}

/** The marker is written under this name first and renamed when it is on the disk. */
export const MARKER_DRAFT = `${MARKER_NAME}.new`;

/** What the root of a file system holds before our marker is there. */
export const freshNames = (type: FilesystemType): readonly string[] => [
  ...traitsOf(type).madeByMkfs,
  MARKER_DRAFT,
];

/** A mount at the right place is no obstacle: it explains the exclusive hold, and bind mounts of daemons lie below it. */
function useByOthers(disk: DiskObservation, goal: FilesystemGoal): readonly DiskFinding[] {
  const [elsewhere] = disk.mounts;
  if (elsewhere === undefined) return inUse(disk);
  const besides = inUse({ ...disk, mounts: [], exclusive: 'free' });
  if (isMounted(disk, goal)) return besides;
  const detail = `${disk.path} is this cluster's own disk and mounted at ${elsewhere.mountPath}, not at ${goal.mountPath}`;
  return [{ kind: 'mounted-elsewhere', detail }, ...besides];
}

/** The one signature of our own file system is expected; anything beside it is somebody else's. */
const otherSignatures = (disk: DiskObservation, goal: FilesystemGoal): readonly DiskFinding[] =>
  signaturesOn(
    disk,
    disk.signatures.filter((s) => s.uuid !== goal.fsUuid),
  );

const stage = (name: DiskStage): DiskVerdict => ({ stage: name, findings: [] });
const refused = (findings: readonly DiskFinding[]): DiskVerdict => ({ stage: 'refused', findings });
const foreign = (disk: DiskObservation, what: string): DiskVerdict =>
  refused([{ kind: 'foreign-content', detail: `the file system on ${disk.path} holds ${what}` }]);

/** Sorted, at most three, so that a full disk does not fill the message. */
const listed = (names: readonly string[]): string => {
  const sorted = [...names].sort();
  const more = sorted.length > 3 ? ` and ${sorted.length - 3} more` : '';
  return `${sorted.slice(0, 3).join(', ')}${more}`;
};
