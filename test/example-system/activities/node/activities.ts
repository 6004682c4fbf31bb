import { asActivity } from '../../../../src/activities/node/failures.ts';
import type { Host } from '../../../../src/node/host.ts';
import type { ExampleNodeActivities } from '../contract.ts';
import { inspectFolder, makeFolder } from './folder.ts';

/** What a node worker can be asked for by the example's workflows. */
export const createExampleNodeActivities = ({ host }: { readonly host: Host }): ExampleNodeActivities => ({
  inspectFolder: (input) => asActivity(() => inspectFolder(host, input.folder)),
  makeFolder: (input) => asActivity(() => makeFolder(host, input.folder, input.clusterId)),
});
