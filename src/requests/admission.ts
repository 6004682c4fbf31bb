import type { Kube } from '../kube/client.ts';
import { existingCluster } from './existing-cluster.ts';
import { layoutOf, nodesOf } from '../systems/curve/layout.ts';
import { readCluster } from '../systems/curve/read.ts';
import { checkImmutable } from '../systems/curve/rules/immutable.ts';
import { KIND, type CurveClusterSpec } from '../systems/curve/spec.ts';
import type { Violation } from '../systems/violation.ts';
import type { ClusterRef } from '../workflows/messages.ts';
import { Problem, type ProblemCode } from './problems.ts';

/** A document that may be handed to the workflow of its cluster. */
export interface AdmittedManifest {
  readonly cluster: ClusterRef;
  readonly spec: CurveClusterSpec;
  readonly warnings: readonly string[];
}

/** Refuses a document with all that speaks against it at once. The same for a posted one and one found by the watch. */
export function admit(document: unknown): AdmittedManifest {
  const reading = readCluster(document);
  if (!reading.ok) throw violated('ManifestInvalid', subjectOf(document), reading.violations);
  const { namespace, name, spec } = reading.cluster;
  return {
    cluster: { namespace, name },
    spec,
    warnings: reading.warnings.map((w) => `${w.path}: ${w.message}`),
  };
}

/** Refuses what can no longer change because daemons run with it; asked before anything is stored or started. */
export async function checkAgainstDaemons(kube: Kube, { cluster, spec }: AdmittedManifest): Promise<void> {
  const existing = await existingCluster(kube, cluster);
  if (existing.daemons.length === 0) return;
  const violations = checkImmutable(spec, layoutToCompare(cluster, spec), existing);
  if (violations.length > 0) {
    throw violated('ManifestImmutable', `${KIND} ${cluster.namespace}/${cluster.name}`, violations);
  }
}

/** What is compared is instances, ports and paths: addresses and the cluster's id play no part in it. */
function layoutToCompare(cluster: ClusterRef, spec: CurveClusterSpec) {
  const addresses = Object.fromEntries(nodesOf(spec).map((node) => [node, '']));
  return layoutOf({
    operation: { ...cluster, uid: '', generation: 0, attempt: 0 },
    clusterId: '',
    spec,
    addresses,
  });
}

function violated(code: ProblemCode, subject: string, violations: readonly Violation[]): Problem {
  const [first] = violations;
  const more = violations.length > 1 ? ` and ${violations.length - 1} more` : '';
  return new Problem(code, {
    subject,
    detail: first ? `${first.path}: ${first.message}${more}` : 'the document breaks rules',
    next: 'correct the fields that are named and send the manifest again',
    violations,
  });
}

/** How to name a document that could not be read. */
function subjectOf(document: unknown): string {
  const metadata = (document as { metadata?: { name?: unknown; namespace?: unknown } } | null)?.metadata;
  if (typeof metadata?.name !== 'string') return KIND;
  const namespace = typeof metadata.namespace === 'string' ? metadata.namespace : 'default';
  return `${KIND} ${namespace}/${metadata.name}`;
}
