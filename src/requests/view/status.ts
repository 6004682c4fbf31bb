import { z } from 'zod';
import type { PhaseView } from '../../systems/phases.ts';
import { condition } from '../answers/clusters.ts';

/**
 * What the resource remembers in its status. Written for people by several processes of perhaps other versions, so each
 * part is read for itself, and one that is not understood counts as absent.
 */
export interface RememberedStatus {
  readonly operation?: RememberedOperation | undefined;
  readonly phases: readonly PhaseView[];
  /** When the health check last began. */
  readonly observedAt?: string | undefined;
  readonly conditions: readonly z.infer<typeof condition>[];
}

const operation = z.object({
  id: z.string(),
  generation: z.number(),
  attempt: z.number(),
  state: z.enum(['Running', 'Succeeded', 'Failed', 'Superseded']),
  message: z.string().default(''),
  next: z.string().exactOptional(),
});

type RememberedOperation = z.infer<typeof operation>;

const phaseView = z.object({
  name: z.string(),
  state: z.enum(['Pending', 'Running', 'Skipped', 'Done', 'Failed']),
  started: z.string().exactOptional(),
  finished: z.string().exactOptional(),
  nodes: z.object({ done: z.number(), total: z.number() }).default({ done: 0, total: 0 }),
  blocked: z.array(z.string()).default([]),
  message: z.string().exactOptional(),
  lastError: z.string().exactOptional(),
  next: z.string().exactOptional(),
});

const status = z.object({
  operation: operation.optional().catch(undefined),
  phases: z.array(phaseView).catch([]),
  observedAt: z.string().optional().catch(undefined),
  conditions: z.array(condition).catch([]),
});

export function readStatus(raw: unknown): RememberedStatus {
  return status.parse(raw ?? {});
}
