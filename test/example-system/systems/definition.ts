import { customResourceDefinition } from '../../../src/systems/custom-resource.ts';
import { PHASES } from './phases.ts';
import { GROUP, KIND, PLURAL, specSchema, VERSION } from './spec.ts';

/** The CustomResourceDefinition of ExampleStore. */
export const storeDefinition = () =>
  customResourceDefinition({
    group: GROUP,
    version: VERSION,
    kind: KIND,
    plural: PLURAL,
    singular: 'examplestore',
    description: 'A store of the example system: a folder on named nodes, and its settings.',
    spec: specSchema,
    phases: PHASES,
    columns: [{ name: 'Folder', type: 'string', jsonPath: '.spec.folder', priority: 1 }],
  });
