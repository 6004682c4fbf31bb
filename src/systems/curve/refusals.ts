import { nextFor } from '../../disks/findings.ts';
import type { DiskFinding } from '../../disks/facts.ts';
import { joinFailureTexts } from '../failure-text.ts';
import type { Failure, FailurePart } from '../failure.ts';
import type { Violation } from '../violation.ts';
import { curveFailure } from './failures.ts';
import type { PoolDecision } from './pool.ts';

/** Several findings of one check as one failure: each keeps its own next step. */

/** A disk as a check found it. */
interface CheckedDisk {
  readonly disk: { readonly path: string; readonly findings: readonly DiskFinding[] };
  readonly stage: string;
}

/** The manifest does not fit what is in Kubernetes. */
export function specRefused(violations: readonly Violation[]): Failure {
  const parts = violations.map(({ path, value, message, next }) => ({
    subject: path,
    message: `${path}${value === undefined ? '' : ` (${value})`}: ${message}`,
    next,
  }));
  return curveFailure('SpecRefused', { ...joinFailureTexts(parts), parts, facts: { violations } });
}

/**
 * What keeps the cluster from a node; undefined when nothing does.
 * @param inTheWay what was found besides the content of the disks
 */
export function nodeRefused(
  node: string,
  inTheWay: readonly Violation[],
  disks: readonly CheckedDisk[],
): Failure | undefined {
  const parts: readonly FailurePart[] = [
    ...inTheWay.map(({ message, next }) => ({ subject: node, message, next })),
    ...disks
      .filter(({ stage }) => stage === 'refused')
      .map(({ disk }) => ({
        subject: disk.path,
        message: `${node}: ${disk.path} is not touched: ${detailsOf(disk.findings)}`,
        next: nextFor(disk.findings),
      })),
  ];
  if (parts.length === 0) return undefined;
  return curveFailure('NodeRefused', { ...joinFailureTexts(parts), parts, subject: `node ${node}` });
}

/** Disks that are not ready although formatting has ended; undefined when all are. */
export function disksNotReady(node: string, disks: readonly CheckedDisk[]): Failure | undefined {
  const wrong = disks.filter(({ stage }) => stage !== 'ready');
  if (wrong.length === 0) return undefined;
  const what = wrong.map(({ disk, stage }) => `${disk.path} is ${stage}: ${detailsOf(disk.findings)}`);
  return curveFailure('DiskNotReady', {
    message: `${node}: after formatting ${what.join('; ')}`,
    subject: `node ${node}`,
    values: { node },
  });
}

/** Pools of a node of which a person has to decide; undefined when there are none. */
export function poolsRefused(node: string, decisions: readonly PoolDecision[]): Failure | undefined {
  const parts = decisions.flatMap((decision) =>
    decision.action === 'refuse'
      ? [{ subject: decision.device, message: `${node}: ${decision.why}`, next: decision.next }]
      : [],
  );
  if (parts.length === 0) return undefined;
  return curveFailure('PoolRefused', { ...joinFailureTexts(parts), parts, subject: `node ${node}` });
}

const detailsOf = (findings: readonly DiskFinding[]): string =>
  findings.map(({ detail }) => detail).join(', ');
