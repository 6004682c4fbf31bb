import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { CurveClusterObject } from '../../kube/resources.ts';
import type { OperationId } from '../../systems/curve/layout.ts';
import {
  type ClusterRef,
  type TriedDocument,
  clusterWorkflowId,
  operationWorkflowId,
} from '../../workflows/messages.ts';
import { accepted, clusterDetail as detailSchema, clusterList } from '../../requests/answers/clusters.ts';
import { admit } from '../../requests/admission.ts';
import { Problem } from '../../requests/problems.ts';
import type { RouteParts } from '../server.ts';
import { listClusters } from '../cluster-state.ts';
import { retry } from '../../requests/submit.ts';
import { clusterDetail, clusterSummary, links } from '../../requests/view/cluster.ts';
import { clusterParams, problems, security } from './schemas.ts';

const retryQuery = z.object({
  operation: z
    .string()
    .optional()
    .describe('The operation to try again, as GET answers it; when a newer one exists, that is answered'),
});

/** Reading clusters, and trying a failed operation again. */
export function clusterRoutes(app: FastifyInstance, parts: RouteParts): void {
  const typed = app.withTypeProvider<ZodTypeProvider>();
  const { kube, client, sights, temporalUi } = parts;

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
      const now = new Date();
      const resources = await listClusters(kube, request.query.namespace);
      return { items: resources.map((resource) => clusterSummary(resource, now)) };
    },
  });

  typed.route({
    method: 'GET',
    url: '/v1/clusters/curve/:namespace/:name',
    schema: {
      tags: ['clusters'],
      summary: 'One cluster: its phases, what goes on in them, its conditions',
      security,
      params: clusterParams,
      response: { 200: detailSchema, ...problems },
    },
    handler: async (request) => {
      const sight = await sights.fresh(request.params);
      return clusterDetail({ ...sight, now: new Date(), temporalUi });
    },
  });

  typed.route({
    method: 'POST',
    url: '/v1/clusters/curve/:namespace/:name/retry',
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
      const { resource, newest, live, staleReason } = await sights.fresh(request.params);
      if (newest === undefined) throw nothingToRetry(request.params, staleReason);
      const id = operationWorkflowId(newest.operation);
      const seen = request.query.operation ?? id;
      refuseOfAnother(request.params, seen);
      const { operation } =
        live?.view.state === 'Running' || seen !== id
          ? { operation: id }
          : await retry(client, request.params, id, () => triedBy(newest.operation, resource));
      return reply.code(202).send({
        id: clusterSummary(resource, new Date()).id,
        operation,
        generation: newest.operation.generation,
        links: links(request.params, operation, temporalUi),
        warnings: [],
      });
    },
  });
}

/** What an operation worked on, from the resource: it must not have changed since. */
function triedBy(operation: OperationId, resource: CurveClusterObject): TriedDocument {
  if (resource.metadata?.generation === operation.generation)
    return { operation, spec: admit(resource).spec };
  throw new Problem('OperationNotFound', {
    subject: `operation ${operationWorkflowId(operation)}`,
    detail:
      'the workflow of the cluster was ended in Temporal, and the manifest has changed since this operation',
    next: 'apply the manifest again: that starts its own operation',
  });
}

/** A mistyped name would be answered with the newest operation, as if that had been joined. */
function refuseOfAnother(cluster: ClusterRef, operation: string): void {
  if (operation.startsWith(`${clusterWorkflowId(cluster)}/`)) return;
  throw new Problem('OperationNotFound', {
    subject: `operation ${operation}`,
    detail: `it is no operation of CurveCluster ${cluster.namespace}/${cluster.name}`,
    next: 'take the operation.id that GET of the cluster answers, or leave it out to retry the newest',
  });
}

function nothingToRetry(cluster: ClusterRef, staleReason: string | undefined): Problem {
  const subject = `CurveCluster ${cluster.namespace}/${cluster.name}`;
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
    next: `see why: kubectl describe curvecluster ${cluster.name} -n ${cluster.namespace}`,
  });
}
