import { testParts, type PartName } from './parts.ts';

const computes = (part: PartName): boolean => testParts[part].load === 'computes';
const waits = (part: PartName): boolean => testParts[part].load === 'waits';

/**
 * The part that starts now, if any. What computes runs beside what waits, one at a time, and is kept for it while one is
 * to come; everything else runs alone, in the order of the list.
 */
export function nextPart(pending: readonly PartName[], running: readonly PartName[]): PartName | undefined {
  const [first, ...others] = running;
  if (first !== undefined) return waits(first) && others.length === 0 ? pending.find(computes) : undefined;
  const isKept = pending.some(waits) ? computes : () => false;
  return pending.find((part) => !isKept(part));
}
