import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { CustomObject } from '../../kube/resources.ts';
import { admit } from '../../requests/admission.ts';
import { accepted, clusterDetail as detailSchema, clusterList } from '../../requests/answers/clusters.ts';
import { Problem } from '../../requests/problems.ts';
import { retry } from '../../requests/submit.ts';
import { clusterDetail, clusterSummary, links, resourceId } from '../../requests/view/cluster.ts';
import { type OperationId, type ResourceRef, qualifiedName } from '../../systems/operation.ts';
import type { StorageKind } from '../../systems/system.ts';
import { entityWorkflowId, operationWorkflowId } from '../../workflows/ids.ts';
import type { TriedManifest } from '../../workflows/messages.ts';
import { listClusters } from '../cluster-state.ts';
import type { RouteParts } from '../parts.ts';
import { CLUSTER, clusterParams, clusterRef, problems, security, viewOf } from './schemas.ts';

const retryQuery = z.object({
  operation: z
    .string()
    .optional()
    .describe('The operation to try again, as GET answers it; when a newer one exists, that is answered'),
});

/** Reading clusters, and trying a failed operation again. */
export function clusterRoutes(app: FastifyInstance, parts: RouteParts): void {
  const typed = app.withTypeProvider<ZodTypeProvider>();
  const { kube, systems, temporal, clusters, temporalUi } = parts;
  const { installation } = temporal;

  typed.route({
    method: 'GET',
    url: '/v1/clusters',
    schema: {
      tags: ['clusters'],
      summary: 'All clusters',
      description: 'From the resources alone: it answers also while Temporal is away.',
      security,
      querystring: z.object({ namespace: z.string().optional().describe('Only this namespace') }),
      response: { 200: clusterList, ...problems },
    },
    handler: async (request) => {
      const kinds = systems.kinds.filter(({ kind }) => kind.id === CLUSTER);
      const found = await listClusters(kube, kinds, request.query.namespace);
      return { items: found.map((cluster) => clusterSummary({ ...cluster, ...viewOf(parts) })) };
    },
  });

  typed.route({
    method: 'GET',
    url: '/v1/clusters/:system/:namespace/:name',
    schema: {
      tags: ['clusters'],
      summary: 'One cluster: its phases, what goes on in them, its conditions',
      security,
      params: clusterParams,
      response: { 200: detailSchema, ...problems },
    },
    handler: async (request) => {
      const state = await clusters.fresh(clusterRef(systems, request.params));
      return clusterDetail({ ...state, ...viewOf(parts) });
    },
  });

  typed.route({
    method: 'POST',
    url: '/v1/clusters/:system/:namespace/:name/retry',
    schema: {
      tags: ['clusters'],
      summary: 'Try the newest operation again',
      description:
        'Goes on from what is observed. While an operation runs it is answered as it is. Name the operation that you ' +
        'saw: then pressing twice starts one, however late the second arrives.',
      security,
      params: clusterParams,
      querystring: retryQuery,
      response: { 202: accepted, ...problems },
    },
    handler: async (request, reply) => {
      const ref = clusterRef(systems, request.params);
      const { known, resource, newest, live, staleReason } = await clusters.fresh(ref);
      if (newest === undefined) throw nothingToRetry(known.kind, ref, staleReason);
      const id = operationWorkflowId(installation, newest.operation);
      const seen = request.query.operation ?? id;
      refuseOfAnother(known.kind, ref, seen);
      const { operation } =
        live?.view.state === 'Running' || seen !== id
          ? { operation: id }
          : await retry(temporal, known.kind, ref, id, () => triedBy(newest.operation, resource));
      return reply.code(202).send({
        id: resourceId(ref),
        operation,
        generation: newest.operation.generation,
        links: links(ref, operation, temporalUi),
        warnings: [],
      });
    },
  });

  /** What an operation worked on, from the resource: it must not have changed since. */
  function triedBy(operation: OperationId, resource: CustomObject): TriedManifest {
    if (resource.metadata?.generation === operation.generation)
      return { operation, spec: admit(systems, resource).spec };
    throw new Problem('OperationNotFound', {
      subject: `operation ${operationWorkflowId(installation, operation)}`,
      detail:
        'the workflow of the cluster was ended in Temporal, and the manifest has changed since this operation',
      next: 'apply the manifest again: that starts its own operation',
    });
  }

  /** A mistyped name would be answered with the newest operation, as if that had been joined. */
  function refuseOfAnother({ resource }: StorageKind, ref: ResourceRef, operation: string): void {
    if (operation.startsWith(`${entityWorkflowId(installation, ref)}/`)) return;
    throw new Problem('OperationNotFound', {
      subject: `operation ${operation}`,
      detail: `it is no operation of ${resource.kind} ${qualifiedName(ref)}`,
      next: 'take the operation.id that GET of the cluster answers, or leave it out to retry the newest',
    });
  }
}

function nothingToRetry(
  { resource }: StorageKind,
  ref: ResourceRef,
  staleReason: string | undefined,
): Problem {
  const subject = `${resource.kind} ${qualifiedName(ref)}`;
  if (staleReason !== undefined) {
    return new Problem('TemporalUnavailable', {
      subject,
      detail: staleReason,
      next: 'try again later',
      retryAfter: 5,
    });
  }
  return new Problem('OperationNotFound', {
    subject,
    detail: 'no operation has worked on this cluster yet',
    next: `see why: kubectl describe ${resource.plural} ${ref.name} -n ${ref.namespace}`,
  });
}
