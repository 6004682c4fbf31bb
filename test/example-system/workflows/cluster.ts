import type { ResourceRef } from '../../../src/systems/operation.ts';
import { type EntityMemory, runEntity } from '../../../src/workflows/operation/entity.ts';
import { TITLE } from '../systems/spec.ts';

/** One store for as long as it is known. */
export async function exampleCluster(ref: ResourceRef, memory?: EntityMemory): Promise<void> {
  return runEntity({ operation: 'exampleOperation', title: TITLE }, ref, memory);
}
