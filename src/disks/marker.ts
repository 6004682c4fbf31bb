/** The file that says whose a file system or a host data directory is (docs/disks.md#marker). */
export const MARKER_NAME = '.keelson.json';

/** Content of {@link MARKER_NAME} at the root of a disk's file system. */
export interface DiskMarker {
  readonly clusterId: string;
  readonly node: string;
  /** The path in the spec. */
  readonly device: string;
  /** ISO time of writing. */
  readonly time: string;
}

/** Content of {@link MARKER_NAME} in the host data directory. */
export interface OwnerFile {
  readonly clusterId: string;
  /** `<namespace>/<name>`, for people. */
  readonly cluster: string;
  readonly time: string;
}

/** Undefined: it is not one of our markers, whatever it is. */
export const parseDiskMarker = (text: string): DiskMarker | undefined =>
  parseStrings(text, ['clusterId', 'node', 'device', 'time']);

export const parseOwnerFile = (text: string): OwnerFile | undefined =>
  parseStrings(text, ['clusterId', 'cluster', 'time']);

/** One line, so that a person can read it with cat. */
export const renderMarker = (marker: DiskMarker | OwnerFile): string => `${JSON.stringify(marker)}\n`;

function parseStrings<K extends string>(text: string, keys: readonly K[]): Record<K, string> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // not JSON: somebody else's file
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const record = value as Record<string, unknown>;
  const entries = keys.map((key) => [key, record[key]] as const);
  if (!entries.every((entry): entry is [K, string] => typeof entry[1] === 'string' && entry[1] !== ''))
    return undefined;
  return Object.fromEntries(entries) as Record<K, string>;
}
