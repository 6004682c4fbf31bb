import { type DiskVerdict, type FilesystemGoal, isMounted, rawStageOf, stageOf } from '../../disks/stage.ts';
import type { RawUse } from '../../disks/use.ts';
import { statIfThere } from '../durable-files.ts';
import { hasFstabLine } from '../mounts/fstab-file.ts';
import { type Host, resolveOnHost } from '../host.ts';
import { locateByUuid } from '../devices/locate-by-uuid.ts';
import { type Observed, observeDisk, type ObserveOptions } from '../devices/observe-disk.ts';

/** One disk of a cluster: what was seen, and how far it is. */
export interface StagedDisk extends DiskVerdict {
  readonly observed: Observed;
  /** The goal with its mount path as the host resolves it: that is what mount tables show. */
  readonly goal: FilesystemGoal;
}

/** Finds the disk of a goal, by UUID first, looks at it and judges it. Changes nothing. */
export async function inspectFilesystemDisk(
  host: Host,
  goal: FilesystemGoal,
  options: ObserveOptions,
): Promise<StagedDisk> {
  const { byUuid } = await locateByUuid(host, goal.device, goal.fsUuid);
  const observed = await observeDisk(host, byUuid[0] ?? goal.device, { ...options, name: goal.device });
  if (byUuid.length > 1) return { ...copied(goal, byUuid), observed, goal };
  return judge(host, goal, observed);
}

/** Looks at a disk that is to stay without a file system. Changes nothing. */
export async function inspectRawDisk(
  host: Host,
  device: string,
  use: RawUse,
  options: ObserveOptions,
): Promise<DiskVerdict & Pick<StagedDisk, 'observed'>> {
  const observed = await observeDisk(host, device, options);
  return { ...rawStageOf(observed.observation, use), observed };
}

/** Judges a disk that was just observed. */
export async function judge(host: Host, goal: FilesystemGoal, observed: Observed): Promise<StagedDisk> {
  const { here, onHost } = await resolveOnHost(host, goal.mountPath);
  const resolved = { ...goal, mountPath: onHost };
  const { observation } = observed;
  const record = {
    folder: isMounted(observation, resolved) && (await isFolder(`${here}/${goal.daemonFolder}`)),
    fstab: await hasFstabLine(host, goal),
  };
  return { ...stageOf(observation, resolved, record), observed, goal: resolved };
}

const isFolder = async (path: string): Promise<boolean> => (await statIfThere(path))?.isDirectory() ?? false;

/** A copied disk has the same UUID and marker; mounting either could be the wrong one. */
const copied = (goal: FilesystemGoal, devices: readonly string[]): DiskVerdict => ({
  stage: 'refused',
  findings: [
    {
      kind: 'foreign-content',
      detail: `the file system of ${goal.device} (UUID ${goal.fsUuid}) is on several disks: ${devices.join(', ')}; detach the copy`,
    },
  ],
});
