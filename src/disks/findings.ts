import type { DiskFinding } from './facts.ts';
import type { DiskObservation, Signature } from './observation.ts';

/** lsblk types that are a disk of its own; everything else lies on another device. */
const WHOLE_DISKS: readonly string[] = ['disk', 'loop'];

/**
 * Every reason why this disk is not empty and usable (docs/disks.md#empty). No reason: it may be written.
 * @param minBytes what the use that is meant for it needs at least
 */
export const findingsOf = (disk: DiskObservation, minBytes: number): readonly DiskFinding[] => [
  ...unusable(disk, minBytes),
  ...(disk.node === 'block' ? [...inUse(disk), ...contentOf(disk)] : []),
];

/** Reasons that lie in the device itself, whatever it carries. */
export function unusable(disk: DiskObservation, minBytes: number): readonly DiskFinding[] {
  if (disk.node === 'missing') return [{ kind: 'missing', detail: `there is nothing at ${disk.path}` }];
  if (disk.node === 'other') {
    return [{ kind: 'not-a-block-device', detail: `${disk.path} is not a block device` }];
  }
  const found: DiskFinding[] = [];
  if (disk.isPartition || !WHOLE_DISKS.includes(disk.type)) {
    found.push({
      kind: 'not-a-whole-disk',
      detail: `${disk.path} is of type ${disk.type}, not a whole disk`,
    });
  }
  if (disk.readOnly) found.push({ kind: 'read-only', detail: `${disk.path} is read-only` });
  if (disk.sizeBytes < minBytes) {
    found.push({
      kind: 'too-small',
      detail: `${disk.path} has ${disk.sizeBytes} bytes, at least ${minBytes} are needed`,
    });
  }
  return found;
}

/** Reasons that lie in somebody using the device now. */
export function inUse(disk: DiskObservation): readonly DiskFinding[] {
  const found: DiskFinding[] = [
    ...disk.partitions.map((p) => finding('partition', `${disk.path} has the partition ${p}`)),
    ...disk.holders.map((h) => finding('holder', `${disk.path} is used by the kernel device ${h}`)),
    ...disk.mounts.map((m) => finding('mounted', `${m.source} (${m.fsType}) is mounted at ${m.mountPath}`)),
    ...disk.writers.map((w) =>
      finding('in-use', `${disk.path} is open for writing in process ${w.pid} (${w.command})`),
    ),
  ];
  if (disk.isSwap) found.push(finding('swap', `${disk.path} is active swap space`));
  // Mounts, holders and swap hold the device exclusively too; the bare fact says nothing new beside them.
  if (disk.exclusive === 'busy' && found.length === 0) {
    found.push(
      finding('in-use', `${disk.path} is held exclusively, by a mount in another namespace or by a process`),
    );
  }
  if (disk.exclusive === 'unknown') {
    found.push(finding('in-use', `${disk.path} is locked by a process that works on it (flock)`));
  }
  return found;
}

/** Reasons that lie in what is written on the device. */
export const contentOf = (disk: DiskObservation): readonly DiskFinding[] => [
  ...signaturesOn(disk, disk.signatures),
  ...filesystemOn(disk),
];

/** The named signatures, and that more could not be known. */
export function signaturesOn(
  disk: DiskObservation,
  signatures: readonly Signature[],
): readonly DiskFinding[] {
  const found = signatures.map((s) => finding(kindOf(s), `${disk.path} holds ${describe(s)}`));
  if (disk.unreadable !== undefined) {
    found.push(finding('unreadable', `${disk.path} cannot be read: ${disk.unreadable}`));
  }
  if (disk.ambivalent) {
    found.push(finding('signature', `${disk.path} holds signatures that contradict each other`));
  }
  return found;
}

function filesystemOn(disk: DiskObservation): readonly DiskFinding[] {
  const { filesystem } = disk;
  if (filesystem === undefined) return [];
  const found: DiskFinding[] = [];
  // Seen by ourselves. libblkid says nothing at all when any place that it reads answers with an error.
  if (!disk.signatures.some((s) => s.uuid === filesystem.uuid)) {
    const { type, uuid } = filesystem;
    const what = describe({ type, usage: 'filesystem', uuid });
    found.push(finding('filesystem', `${disk.path} holds ${what}`));
  }
  if (typeof filesystem.marker !== 'string') {
    const { clusterId, device, node, time } = filesystem.marker;
    found.push(
      finding(
        'foreign-cluster',
        `${disk.path} belongs to the Keelson cluster ${clusterId}: ${device} of ${node}, marked ${time}`,
      ),
    );
  }
  return found;
}

const finding = (kind: DiskFinding['kind'], detail: string): DiskFinding => ({ kind, detail });

const kindOf = (signature: Signature): DiskFinding['kind'] => {
  if (signature.usage === 'partition-table') return 'partition-table';
  return signature.usage === 'filesystem' ? 'filesystem' : 'signature';
};

function describe(s: Signature): string {
  const label = s.label ? ` labelled "${s.label}"` : '';
  const uuid = s.uuid ? ` with UUID ${s.uuid}` : '';
  if (s.usage === 'partition-table') return `a partition table (${s.type})${uuid}`;
  if (s.usage === 'filesystem') return `a file system (${s.type})${label}${uuid}`;
  return `a signature of ${s.type}${label}${uuid}`;
}

/** What a person can do about a disk that is refused. */
export function nextFor(findings: readonly DiskFinding[]): string {
  const has = (...kinds: readonly DiskFinding['kind'][]): boolean =>
    findings.some((f) => kinds.includes(f.kind));
  if (has('mounted-elsewhere')) return 'set its mountPath back';
  if (has('missing', 'not-a-block-device')) return 'correct the path or bring the disk back, then retry';
  if (has('not-a-whole-disk', 'read-only', 'too-small', 'unreadable')) return 'name another disk';
  return 'name an empty disk, or, when nobody needs what is there, free and clear this one yourself (umount, wipefs --all) and retry';
}
