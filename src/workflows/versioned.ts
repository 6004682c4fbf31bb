/**
 * What the image runs: every workflow of index.ts with its behaviour. In a file of its own, since Temporal refuses a
 * behaviour from a worker that has no build, which is one in a checkout or in a test.
 */
import { setWorkflowOptions, type Workflow } from '@temporalio/workflow';
import { BEHAVIOURS } from './behaviours.ts';
import * as workflows from './index.ts';

/** Does not compile while a workflow has no behaviour. */
const behaviours: Record<keyof typeof workflows, 'PINNED' | 'AUTO_UPGRADE'> = BEHAVIOURS;

for (const [name, workflow] of Object.entries<Workflow>(workflows))
  setWorkflowOptions({ versioningBehavior: behaviours[name as keyof typeof workflows] }, workflow);

export * from './index.ts';
