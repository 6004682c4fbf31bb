import type { Worker } from '@temporalio/worker';
import { createControlWorkers, type ControlWorkersOptions } from '../../src/workers/control-workers.ts';
import { INSTALLATION } from './curve-ids.ts';
import { workflowBundle } from './temporal.ts';

type Options = Pick<ControlWorkersOptions, 'connection' | 'activities'> & Partial<ControlWorkersOptions>;

/** A control worker with the product's queues and slots; its activities are the test's. It ends without grace. */
export const controlWorkers = async (options: Options): Promise<readonly Worker[]> =>
  createControlWorkers({
    installation: INSTALLATION,
    workflows: { workflowBundle: await workflowBundle() },
    shutdownGraceTime: 0,
    ...options,
  });
