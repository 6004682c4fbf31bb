import { z } from 'zod';
import { manifestSchema } from '../../../src/systems/manifest.ts';

/** What a user of the example writes: a folder on named nodes, and settings that are kept in a ConfigMap. */

/** Ids of the system and of its kind, as they stand in workflow ids and labels. */
export const SYSTEM = 'example';
export const CLUSTER = 'cluster';

export const GROUP = 'example.keelson.io';
export const VERSION = 'v1';
export const KIND = 'ExampleStore';
export const PLURAL = 'examplestores';
/** How people call one. */
export const TITLE = 'Example store';

export const specSchema = z.strictObject({
  nodes: z
    .array(z.string().min(1).max(253))
    .min(1)
    .max(1000)
    .describe('Names of the nodes that hold the folder.'),
  folder: z
    .string()
    .regex(/^\/./, 'must be an absolute path, beginning with /')
    .max(1024)
    .default('/var/lib/example')
    .describe('Folder on each node in which the folder of the store is made.'),
  settings: z.record(z.string().min(1), z.string()).default({}).describe('Settings of the store, by name.'),
});

export type ExampleSpec = z.output<typeof specSchema>;

export const storeSchema = manifestSchema(`${GROUP}/${VERSION}`, KIND, specSchema);
