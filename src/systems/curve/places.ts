import type { DataDir } from '../../disks/data-dir.ts';
import type { DiskTarget, FilesystemUse } from '../../disks/use.ts';
import type { ChunkserverDisk, CurveContext } from './layout.ts';

/** The disk of a chunkserver as orders to a node worker name it. */
export const diskTarget = (
  { diskFormat }: CurveContext,
  { device, mountPath }: ChunkserverDisk,
): DiskTarget<FilesystemUse> => ({ device, use: { kind: 'filesystem', ...diskFormat, mountPath } });

export const diskTargets = (
  context: CurveContext,
  disks: readonly ChunkserverDisk[],
): readonly DiskTarget<FilesystemUse>[] => disks.map((disk) => diskTarget(context, disk));

/** Where etcd, mds and snapshotclone keep what is theirs on each host. */
export const dataDirOf = ({ hostDataDir }: CurveContext): DataDir => ({
  path: hostDataDir,
  daemons: 'data',
});

/** The folder of one daemon in it. */
export const daemonData = (context: CurveContext, daemon: string): string => {
  const { path, daemons } = dataDirOf(context);
  return `${path}/${daemons}/${daemon}`;
};
