import { type StorageSystem, storageKind } from '../../../src/systems/system.ts';
import { storeDefinition } from './definition.ts';
import { FAILURES } from './failures.ts';
import { PERMISSIONS } from './permissions.ts';
import { PHASES, type PhaseName } from './phases.ts';
import { readStore } from './read.ts';
import {
  CLUSTER,
  type ExampleSpec,
  GROUP,
  KIND,
  PLURAL,
  storeSchema,
  SYSTEM,
  TITLE,
  VERSION,
} from './spec.ts';

const EXAMPLE_STORE = storageKind<ExampleSpec>({
  id: CLUSTER,
  title: TITLE,
  resource: { apiVersion: `${GROUP}/${VERSION}`, kind: KIND, plural: PLURAL, namespaced: true },
  phases: PHASES,
  workflows: {
    entity: 'exampleCluster',
    operation: 'exampleOperation',
    plan: 'examplePlan',
    healthCheck: 'exampleHealthCheck',
  },
  definition: storeDefinition,
  schema: storeSchema,
  read: readStore,
  nodesOf: ({ nodes }) => nodes,
});

/** The example, for the modules that serve all systems. */
export const EXAMPLE: StorageSystem = {
  id: SYSTEM,
  title: 'Example',
  kinds: [EXAMPLE_STORE],
  permissions: PERMISSIONS,
  failures: FAILURES,
  activities: {
    computeLayout: { what: 'compute the layout', phases: ['settings'] },
    observeSettings: { what: 'read the settings', phases: ['settings'] },
    applySettings: { what: 'write the settings', phases: ['settings'] },
    inspectFolder: { what: 'inspect the folder', phases: ['folder'] },
    makeFolder: { what: 'make the folder', phases: ['folder'] },
  },
  generalActivities: { claimClusterId: ['settings'] } satisfies Record<string, readonly PhaseName[]>,
};
