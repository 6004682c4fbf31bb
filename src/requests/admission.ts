import type { Kube } from '../kube/client.ts';
import { readDeployments } from '../kube/started.ts';
import { type ResourceRef, qualifiedName } from '../systems/operation.ts';
import type { KnownKind, StorageKind, SystemRegistry } from '../systems/system.ts';
import type { Violation } from '../systems/violation.ts';
import type { ManifestFile } from './manifest/file.ts';
import { Problem, type ProblemCode } from './problems.ts';

/** A manifest that may be handed to the workflow of its resource. */
export interface AdmittedManifest {
  readonly kind: StorageKind;
  readonly resource: ResourceRef;
  readonly spec: unknown;
  readonly warnings: readonly string[];
}

/** Refuses a manifest with all that speaks against it at once. The same for a posted one and one found by the watch. */
export function admit(systems: SystemRegistry, manifest: unknown): AdmittedManifest {
  const { system, kind } =
    systems.ofManifest(manifest) ?? onlyKind(systems) ?? refuseUnknown(systems, manifest);
  const reading = kind.read(manifest);
  if (!reading.ok) throw violated('ManifestInvalid', subjectOf(kind, manifest), reading.violations);
  const { namespace, name, spec, warnings } = reading;
  return {
    kind,
    resource: { system: system.id, kind: kind.id, namespace, name },
    spec,
    warnings: warnings.map((w) => `${w.path}: ${w.message}`),
  };
}

/** The manifests of a file that are to be worked on, and the names of those that are left to kubectl. */
export interface SortedFile {
  readonly ours: ManifestFile;
  readonly others: readonly string[];
}

/** A file that holds nothing of ours is taken as ours: the refusal then says what was expected. */
export function sortFile(systems: SystemRegistry, file: ManifestFile): SortedFile {
  const ours = file.filter(({ value }) => isMeant(systems, value));
  if (ours.length === 0) return { ours: file.slice(0, 1), others: [] };
  const others = file.filter((document) => !ours.includes(document)).map(({ value }) => nameOf(value));
  return { ours, others };
}

/** A kind of our groups that there is not is a mistake in writing, not a manifest for somebody else. */
function isMeant({ kinds }: SystemRegistry, manifest: unknown): boolean {
  const { apiVersion, kind } = (manifest ?? {}) as { apiVersion?: unknown; kind?: unknown };
  const group = typeof apiVersion === 'string' ? apiVersion.split('/')[0] : undefined;
  return kinds.some(
    ({ kind: { resource } }) => resource.kind === kind || resource.apiVersion.split('/')[0] === group,
  );
}

function nameOf(manifest: unknown): string {
  const { kind, metadata } = (manifest ?? {}) as { kind?: unknown; metadata?: { name?: unknown } | null };
  const name = metadata?.name;
  return typeof kind === 'string' && typeof name === 'string'
    ? `${kind} ${name}`
    : 'a document without kind or name';
}

/** With one kind alone a manifest of a wrong kind is told field by field what it should be. */
const onlyKind = ({ kinds }: SystemRegistry): KnownKind | undefined =>
  kinds.length === 1 ? kinds[0] : undefined;

function refuseUnknown(systems: SystemRegistry, manifest: unknown): never {
  const { apiVersion, kind } = (manifest ?? {}) as { apiVersion?: unknown; kind?: unknown };
  const known = systems.kinds.map(({ kind: { resource } }) => `${resource.apiVersion} ${resource.kind}`);
  throw violated('ManifestInvalid', typeof kind === 'string' ? kind : 'the manifest', [
    {
      path: 'kind',
      message: `Keelson provisions nothing of kind ${String(kind)} of ${String(apiVersion)}`,
      next: `kinds are ${known.join(', ')}`,
    },
  ]);
}

/** Refuses what can no longer change because daemons run with it; asked before anything is stored or started. */
export async function checkAgainstDaemons(
  kube: Kube,
  { kind, resource, spec }: AdmittedManifest,
): Promise<void> {
  const { immutability } = kind;
  if (immutability === undefined) return;
  const { namespace, name } = resource;
  const labelSelector = immutability.selector(name);
  const running = await readDeployments(kube, { namespace, labelSelector });
  if (running.length === 0) return;
  const violations = immutability.check(resource, spec, running);
  if (violations.length > 0)
    throw violated('ManifestImmutable', `${kind.resource.kind} ${qualifiedName(resource)}`, violations);
}

function violated(code: ProblemCode, subject: string, violations: readonly Violation[]): Problem {
  const [first] = violations;
  const more = violations.length > 1 ? ` and ${violations.length - 1} more` : '';
  return new Problem(code, {
    subject,
    detail: first ? `${first.path}: ${first.message}${more}` : 'the manifest breaks rules',
    next: 'correct the fields that are named and send the manifest again',
    violations,
  });
}

/** How to name a manifest that could not be read. */
function subjectOf({ resource }: StorageKind, manifest: unknown): string {
  const metadata = (manifest as { metadata?: { name?: unknown; namespace?: unknown } } | null)?.metadata;
  if (typeof metadata?.name !== 'string') return resource.kind;
  const namespace = typeof metadata.namespace === 'string' ? metadata.namespace : 'default';
  return `${resource.kind} ${namespace}/${metadata.name}`;
}
