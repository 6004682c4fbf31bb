import { type FilesystemType, traitsOf } from './filesystems.ts';

/** The record of our mounts on a host: one line of /etc/fstab for each disk (docs/disks.md#mounts). */
export interface FstabEntry {
  /** First field as written, e.g. `UUID=…` or `/dev/sda1`. */
  readonly source: string;
  readonly mountPath: string;
  readonly fsType: string;
  readonly options: readonly string[];
}

/** A disk of ours, as its line in fstab names it. */
export interface FstabDisk {
  readonly clusterId: string;
  readonly fsUuid: string;
  readonly filesystem: FilesystemType;
  readonly mountPath: string;
}

/** Mount options of our disks on the host's command line. */
export const mountOptions = (type: FilesystemType): readonly string[] => ['rw', ...traitsOf(type).onErrors];

const OWNER_OPTION = 'x-keelson=';

/** The entries of an fstab; comments, blank lines and lines that mount(8) would not understand are left out. */
export function parseFstab(text: string): readonly FstabEntry[] {
  return text.split('\n').flatMap((line) => {
    const [source, mountPath, fsType, options] = line.trim().split(/\s+/);
    if (!source || source.startsWith('#') || !mountPath || !fsType) return [];
    return [
      { source, mountPath: decodeField(mountPath), fsType, options: (options ?? 'defaults').split(',') },
    ];
  });
}

/** The cluster id that an entry of ours carries; undefined for everybody else's. */
export const ownerOf = (entry: FstabEntry): string | undefined =>
  entry.options.find((o) => o.startsWith(OWNER_OPTION))?.slice(OWNER_OPTION.length);

/** The file system UUID that an entry names, lower case; undefined when it names its device otherwise. */
export const uuidOf = (entry: FstabEntry): string | undefined =>
  entry.source.startsWith('UUID=')
    ? entry.source.slice('UUID='.length).replaceAll('"', '').toLowerCase()
    : undefined;

export const isOurs = (entry: FstabEntry, disk: Omit<FstabDisk, 'filesystem'>): boolean =>
  ownerOf(entry) === disk.clusterId && uuidOf(entry) === disk.fsUuid && entry.mountPath === disk.mountPath;

/** `nofail`: a host must come up without this disk. No fsck pass: errors are for a person to look at. */
export function renderFstabLine({ clusterId, fsUuid, filesystem, mountPath }: FstabDisk): string {
  const { onErrors } = traitsOf(filesystem);
  const options = ['rw', 'nofail', ...onErrors, `${OWNER_OPTION}${clusterId}`].join(',');
  return `UUID=${fsUuid} ${encodeField(mountPath)} ${filesystem} ${options} 0 0`;
}

/** The text with one more line at its end; every other byte stays. */
export const appendFstabLine = (text: string, line: string): string =>
  `${text === '' || text.endsWith('\n') ? text : `${text}\n`}${line}\n`;

// fstab(5): blanks and backslashes inside a field are written as three octal digits.
const encodeField = (field: string): string =>
  field.replace(/[\\ \t\n#]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);

const decodeField = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
