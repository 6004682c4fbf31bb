import type { DiskIdentity, KernelIdentity } from './facts.ts';

/** What the kernel and udev say about a disk, as far as it identifies it. */
export interface IdentityFacts extends KernelIdentity {
  readonly wwn?: string;
  readonly serial?: string;
}

/** The strongest identity that a disk offers (docs/disks.md#identity): wwn, then serial, then what holds for this boot only. */
export function identityOf({ wwn, serial, ...kernel }: IdentityFacts): DiskIdentity {
  const { sizeBytes } = kernel;
  if (wwn) return { kind: 'wwn', value: wwn, sizeBytes };
  if (serial) return { kind: 'serial', value: serial, sizeBytes };
  return { kind: 'boot', ...kernel };
}

/**
 * `same`: the very disk that was planned. `rebooted`: both are known for one boot only, the node was restarted between
 * them, and the size is equal; the disk may be taken again while it is empty. `changed`: the work must stop.
 */
export interface IdentityComparison {
  readonly verdict: 'same' | 'rebooted' | 'changed';
  /** For `rebooted` and `changed`: a sentence that names both sides. */
  readonly detail: string;
}

/** Compares the identity that was recorded at planning with the one of the disk that would be written now. */
export function compareIdentity(planned: DiskIdentity, found: DiskIdentity): IdentityComparison {
  const difference = `planned ${describeIdentity(planned)}, found ${describeIdentity(found)}`;
  if (planned.sizeBytes !== found.sizeBytes) return { verdict: 'changed', detail: difference };
  if (planned.kind === 'boot' && found.kind === 'boot') {
    if (planned.bootId !== found.bootId) return { verdict: 'rebooted', detail: difference };
    const same =
      planned.device === found.device &&
      planned.diskSeq === found.diskSeq &&
      planned.backingFile === found.backingFile &&
      planned.backingOffset === found.backingOffset;
    return same ? SAME : { verdict: 'changed', detail: difference };
  }
  // A disk that shows another kind of identity than before cannot be proved to be the same one.
  if (planned.kind === 'boot' || found.kind === 'boot') return { verdict: 'changed', detail: difference };
  const same = planned.kind === found.kind && planned.value === found.value;
  return same ? SAME : { verdict: 'changed', detail: difference };
}

const SAME: IdentityComparison = { verdict: 'same', detail: '' };

/** One line for people: plans and messages show which identity a disk has. */
export function describeIdentity(identity: DiskIdentity): string {
  const size = `${identity.sizeBytes} bytes`;
  if (identity.kind !== 'boot') return `${identity.kind} ${identity.value} (${size})`;
  const backing =
    identity.backingFile === undefined
      ? ''
      : `, backed by ${identity.backingFile} at ${identity.backingOffset ?? 0}`;
  return `device ${identity.device}, diskseq ${identity.diskSeq} of boot ${identity.bootId.slice(0, 8)}${backing} (${size})`;
}
