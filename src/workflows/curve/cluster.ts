import { TITLE } from '../../systems/curve/spec.ts';
import type { ResourceRef } from '../../systems/operation.ts';
import { type EntityMemory, runEntity } from '../operation/entity.ts';

/** One CurveBS cluster for as long as it is known. */
export async function curveCluster(ref: ResourceRef, memory?: EntityMemory): Promise<void> {
  return runEntity({ operation: 'curveOperation', title: TITLE }, ref, memory);
}
