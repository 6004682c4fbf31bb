import { readFile } from 'node:fs/promises';
import type { HostMount } from '../../disks/observation.ts';
import { type Host, mountTablePath } from '../host.ts';

/** One line of a mount table (proc_pid_mountinfo(5)). */
export interface MountEntry extends HostMount {
  readonly id: number;
  readonly parent: number;
  readonly majorMinor: string;
  readonly options: readonly string[];
}

export const readMountTable = async (host: Host): Promise<readonly MountEntry[]> =>
  parseMountTable(await readFile(mountTablePath(host), 'utf8'));

export function parseMountTable(text: string): readonly MountEntry[] {
  return text.split('\n').flatMap((line) => {
    if (line === '') return [];
    // The optional fields in the middle end with a dash of their own.
    const [front = '', back = ''] = line.split(' - ', 2);
    const [id, parent, majorMinor, root, mountPath, options] = front.split(' ');
    const [fsType, source] = back.split(' ');
    if (!id || !parent || !majorMinor || !root || !mountPath || !options || !fsType) {
      throw new Error(`cannot read this line of the mount table: ${line}`);
    }
    return [
      {
        id: Number(id),
        parent: Number(parent),
        majorMinor,
        root: decode(root),
        mountPath: decode(mountPath),
        options: options.split(','),
        fsType,
        source: decode(source ?? ''),
      },
    ];
  });
}

/** What is seen at a path now: of several mounts on one path the last covers the others. */
export const mountAt = (table: readonly MountEntry[], mountPath: string): MountEntry | undefined =>
  table.findLast((entry) => entry.mountPath === mountPath);

const decode = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
