import { z } from 'zod';
import { list } from '../../requests/answers/list.ts';
import { Problem } from '../../requests/problems.ts';
import type { ResourceRef } from '../../systems/operation.ts';
import type { SystemRegistry } from '../../systems/system.ts';
import type { RouteParts } from '../parts.ts';

/** What several routes share. */

const violation = z.object({
  path: z.string(),
  value: z.unknown().optional(),
  message: z.string(),
  next: z.string(),
});

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    detail: z.string(),
    instance: z.string().optional(),
    code: z.string().describe('Stable; docs/errors/api.md lists all'),
    subject: z.string(),
    next: z.string().describe('What the person does next'),
    violations: list(violation).optional(),
    conflicts: list(z.object({ field: z.string(), manager: z.string() })).optional(),
  })
  .describe('Problem document, RFC 9457');

const answered = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problem } },
});

export const problems = {
  '4xx': answered('Refused: something in the request has to change'),
  '5xx': answered('Not possible now: Kubernetes, Temporal or a node does not answer'),
};

/** The kind of every system that these paths serve. */
export const CLUSTER = 'cluster';

/** Names of Kubernetes objects. */
const name = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'is not the name of a Kubernetes object');

export const clusterParams = z.object({
  system: name.describe('Id of the storage system, e.g. curve'),
  namespace: name,
  name,
});

/** The cluster that a path names. */
export function clusterRef(
  systems: SystemRegistry,
  { system, namespace, name }: z.infer<typeof clusterParams>,
): ResourceRef {
  if (systems.find(system)?.kinds.some((kind) => kind.id === CLUSTER))
    return { system, kind: CLUSTER, namespace, name };
  throw new Problem('ClusterNotFound', {
    subject: `storage system ${system}`,
    detail: `there is no storage system "${system}" with clusters`,
    next: `systems are ${systems.systems.map(({ id }) => id).join(', ')}`,
  });
}

/** What a view of a cluster is made of besides the cluster. */
export const viewOf = ({ temporal, temporalUi }: RouteParts) => ({
  installation: temporal.installation,
  now: new Date(),
  temporalUi,
});

export const nodeParams = z.object({ node: name });

/** `?dryRun=true`; also `?dryRun` alone, as people type it. */
export const flag = z
  .enum(['true', 'false', ''])
  .optional()
  .transform((value) => value === 'true' || value === '');

export const security = [{ token: [] }];
