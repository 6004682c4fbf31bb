/** Workflows of a build whose entity begins otherwise than today's: what it recorded until now does not replay on it. */
import { read } from '../../src/workflows/activity-options.ts';
import * as today from '../../src/workflows/index.ts';
import type { ResourceRef } from '../../src/systems/operation.ts';

export * from '../../src/workflows/index.ts';

export async function curveCluster(ref: ResourceRef): Promise<void> {
  await read('look first').readResource(ref);
  return today.curveCluster(ref);
}
