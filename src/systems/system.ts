import type { Permission } from '../kube/access.ts';
import type { CustomObject, Resource } from '../kube/resources.ts';
import type { StartedDeployment } from '../kube/started.ts';
import type { z } from 'zod';
import type { FailureCatalogue } from './failure.ts';
import type { ResourceRef } from './operation.ts';
import type { PhaseDefinition } from './phases.ts';
import type { Violation, Warning } from './violation.ts';

/**
 * What a storage system is made of, for the modules that serve all systems: API, controller, CLI, general activities,
 * chart. Adding a system touches its own folders and one line of registry.ts.
 */
export interface StorageSystem {
  /** E.g. `curve`: part of ids, activity types, labels and paths. */
  readonly id: string;
  /** E.g. `CurveBS`. */
  readonly title: string;
  readonly kinds: readonly StorageKind[];
  /** What its control activities ask of the API server, besides what the general ones do. */
  readonly permissions: readonly Permission[];
  /** What its work can fail with, besides what every system can; docs/errors/<id>.md is made from it. */
  readonly failures: FailureCatalogue;
  /** Its activities that people may see pending, without the prefix of the system. */
  readonly activities: Readonly<Record<string, ActivityMeaning>>;
  /** By the name of a general activity that it calls: its phases which do that, as in {@link ActivityMeaning}. */
  readonly generalActivities: Readonly<Record<string, readonly string[]>>;
}

/** A kind of custom resource that a system provisions storage for. */
export interface StorageKind<Spec = unknown> {
  /** Within the system, e.g. `cluster`: part of workflow ids. */
  readonly id: string;
  /** E.g. `Curve cluster`. */
  readonly title: string;
  readonly resource: Resource<CustomObject>;
  readonly phases: readonly PhaseDefinition[];
  readonly workflows: WorkflowTypes;
  /** The CustomResourceDefinition of the chart. */
  readonly definition: () => object;
  /** The manifest as zod knows it, for OpenAPI. */
  readonly schema: z.ZodType;
  /** Reads a manifest and says everything that speaks against it at once. Nothing outside of it is looked at. */
  readonly read: (manifest: unknown) => Reading<Spec>;
  /** Every node that the spec names, each once. */
  readonly nodesOf: (spec: Spec) => readonly string[];
  /** The image that a spec asks for, for lists; absent where there is none. */
  readonly imageOf?: (spec: unknown) => string | undefined;
  /** Absent where no Deployment keeps a field from changing. */
  readonly immutability?: Immutability<Spec>;
}

/** Types of the workflows of a kind. */
export interface WorkflowTypes {
  readonly entity: string;
  readonly operation: string;
  readonly plan: string;
  readonly healthCheck: string;
}

/** What can no longer change because it runs already. */
export interface Immutability<Spec> {
  /** Label selector of the Deployments of a resource of this name. */
  readonly selector: (name: string) => string;
  readonly check: (
    resource: ResourceRef,
    spec: Spec,
    running: readonly StartedDeployment[],
  ) => readonly Violation[];
}

/** A manifest that may be worked on, or all that speaks against it. */
export type Reading<Spec = unknown> =
  | {
      readonly ok: true;
      readonly namespace: string;
      readonly name: string;
      readonly spec: Spec;
      readonly warnings: readonly Warning[];
    }
  | { readonly ok: false; readonly violations: readonly Violation[] };

/** To which phase a pending activity belongs and what it does, in words for people. */
export interface ActivityMeaning {
  /** Some serve more than one phase: they are shown with the first of these that runs. */
  readonly phases: readonly string[];
  readonly what: string;
}

/** One kind of one system, as a lookup answers it. */
export interface KnownKind {
  readonly system: StorageSystem;
  readonly kind: StorageKind;
}

/** A kind as the registry holds it: only its own `read` gives the spec that its other functions take. */
export const storageKind = <Spec>(kind: StorageKind<Spec>): StorageKind => kind as unknown as StorageKind;

/** Finds kinds among the systems that a process was given. */
export class SystemRegistry {
  readonly systems: readonly StorageSystem[];

  constructor(systems: readonly StorageSystem[]) {
    this.systems = systems;
  }

  get kinds(): readonly KnownKind[] {
    return this.systems.flatMap((system) => system.kinds.map((kind) => ({ system, kind })));
  }

  /** Undefined when no system of that id was given. */
  find(system: string): StorageSystem | undefined {
    return this.systems.find((known) => known.id === system);
  }

  /** The kind of a resource that this process itself named. */
  kindOf({ system, kind }: Pick<ResourceRef, 'system' | 'kind'>): KnownKind {
    const found = this.kinds.find((known) => known.system.id === system && known.kind.id === kind);
    if (!found) throw new Error(`this build knows no ${system} ${kind}`);
    return found;
  }

  /** The kind that a manifest names; undefined when it is none of ours. */
  ofManifest(manifest: unknown): KnownKind | undefined {
    const { apiVersion, kind } = (manifest ?? {}) as { apiVersion?: unknown; kind?: unknown };
    return this.kinds.find(
      ({ kind: { resource } }) => resource.apiVersion === apiVersion && resource.kind === kind,
    );
  }
}
