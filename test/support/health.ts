import { writeHealth } from '../../src/activities/control/status.ts';
import type { Kube } from '../../src/kube/client.ts';
import type { NodesVerdict } from '../../src/systems/node-health.ts';
import type { ResourceRef } from '../../src/systems/operation.ts';
import type { ReadyVerdict } from '../../src/systems/readiness.ts';
import { controlStep } from './control.ts';

const ALL_ANSWER: NodesVerdict = { answering: true, reason: 'AllNodesAnswer', message: 'all 3 nodes answer' };

/** Writes a verdict as a health check does. False when the resource is gone. */
export const writeVerdict = (
  kube: Kube,
  { uid, ...resource }: ResourceRef & { readonly uid: string },
  verdict: ReadyVerdict,
): Promise<boolean> =>
  controlStep(kube, (work) => writeHealth(work, { resource, uid, verdict, nodes: ALL_ANSWER })).ended;
