import type { HealthReport, HealthWatchInput, StepFacts } from '../../../src/activities/control/contract.ts';
import type { ResourceRef } from '../../../src/systems/operation.ts';
import type { FolderFacts } from '../systems/folder.ts';
import type { ExampleLayout, LayoutInput } from '../systems/layout.ts';
import type { ExampleSpec } from '../systems/spec.ts';

/** What the control worker does for the example within seconds, against the Kubernetes API. */
export interface ExampleCalls {
  /** The id of the store, if one was minted: a plan must not mint one. */
  observeClusterId(resource: ResourceRef): Promise<string | undefined>;
  /** Where everything is: computed once and so recorded, whatever a later build would compute. */
  computeLayout(input: LayoutInput): Promise<ExampleLayout>;
  /** Observe: satisfied when the ConfigMap is as the spec wants it. */
  observeSettings(layout: ExampleLayout): Promise<StepFacts>;
  /** Act: applies the ConfigMap; refuses one of the same name that is somebody else's. */
  applySettings(layout: ExampleLayout): Promise<void>;
}

/** What it waits for. */
export interface ExampleWaits {
  /** Keeps Ready of the store as it finds it; ends with another verdict, or when the resource is gone. */
  watchHealth(input: HealthWatchInput<ExampleSpec>): Promise<HealthReport>;
}

/** What a node worker does for the example. */
export interface ExampleNodeActivities {
  /** Observe: what is on this node where the folder of the store should be. */
  inspectFolder(input: { readonly folder: string }): Promise<FolderFacts>;
  /** Act: makes the folder and puts the owner file into it. Does only what is missing. */
  makeFolder(input: { readonly folder: string; readonly clusterId: string }): Promise<void>;
}
